package holdfast.inventory;

import holdfast.node.Target;
import holdfast.policy.Policy;
import holdfast.problem.Where;
import holdfast.yaml.Value;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One host of the inventory, with everything that its groups say about it merged.
 *
 * @param groups every group that it is in, parents included, {@code all} first, the most specific last
 * @param vars the merged variables as they were written, secrets among them: never print these
 * @param access how to get in
 * @param policy what is right for this host
 * @param where where it was named first
 */
public record Host(
        String name, List<String> groups, Map<String, Value> vars, Access access, Policy policy, Where where) {

    public Host {
        groups = List.copyOf(groups);
        vars = Collections.unmodifiableMap(new LinkedHashMap<>(vars));
    }

    /** The node to connect to; {@code login} fills in what the inventory leaves open. */
    public Target target(Login login) {
        return new Target(
                name,
                access.host().orElse(name),
                access.port(),
                access.user().or(login::user),
                access.privateKey().or(login::privateKey),
                access.become().orElse(login.become()),
                access.local().orElse(false));
    }

    /** Never the variables: a password may be among them. */
    @Override
    public String toString() {
        return "Host[" + name + "]";
    }
}
