package holdfast.check;

import holdfast.probe.Reading;

/**
 * One member of a cluster and what could be read of it.
 *
 * @param node its name in the inventory
 * @param reading its facts, or why there are none
 */
public record Member<F>(String node, Reading<F> reading) {}
