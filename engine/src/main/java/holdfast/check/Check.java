package holdfast.check;

import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;
import java.util.Locale;

/**
 * One question to a node or to a cluster. Judging is pure: same facts, same answer.
 *
 * @param <F> the facts, a record of what the probe understood
 */
public sealed interface Check<F> {

    /** What has to be read. The policy decides for example which addresses are asked about. */
    Probe<F> probe(Policy policy);

    /** A question that each node answers for itself. */
    non-sealed interface OfNode<F> extends Check<F> {
        Verdict judge(F facts, Policy policy);
    }

    /** A question about a cluster as one thing, answered from all members' facts together. */
    non-sealed interface OfCluster<F> extends Check<F> {
        /** @param members every member that was selected, in inventory order, with what could be read of it */
        Verdict judge(List<Member<F>> members, Policy policy);

        /** Whether a node without a cluster is asked too, as a cluster of one; otherwise it does not apply there. */
        default boolean asksStandalone() {
            return false;
        }
    }

    default String id() {
        return idOf(getClass());
    }

    default CheckInfo info() {
        CheckInfo info = getClass().getAnnotation(CheckInfo.class);
        if (info == null) {
            throw new IllegalStateException(getClass() + " has no @CheckInfo");
        }
        return info;
    }

    /** {@code holdfast.checks.sshd.RootLogin} is {@code sshd.root-login}: a second spelling could drift. */
    static String idOf(Class<?> type) {
        String area = type.getPackageName().substring(type.getPackageName().lastIndexOf('.') + 1);
        String subject = type.getSimpleName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-");
        return area + "." + subject.toLowerCase(Locale.ROOT);
    }
}
