package holdfast.run;

import holdfast.node.Phase;

/** Told how far each node is; called from many threads. */
public interface Progress {

    void reached(String node, Phase phase);

    /** For runs that nobody watches. */
    Progress NONE = (node, phase) -> {};
}
