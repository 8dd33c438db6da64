package holdfast.change;

import com.google.errorprone.annotations.FormatMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What a check offers for a failure on one node or cluster. */
public sealed interface Remedy {

    /**
     * Changes that mend it.
     *
     * @param changes what is done; the engine sorts it by kind and keeps the order within a kind
     * @param risk what it can break
     * @param needs what has to hold before it may be done
     * @param judgedBeforeReload whether the check reads files that a service has not read yet, so that the merged
     *     result can be judged before it takes effect
     * @param settle how long it may take until the check passes after the change
     * @param notes what the operator should know before saying yes, a sentence each
     */
    record Steps(
            List<Change> changes,
            FixRisk risk,
            Set<Need> needs,
            boolean judgedBeforeReload,
            Duration settle,
            List<String> notes)
            implements Remedy {

        public Steps {
            changes = List.copyOf(changes);
            needs = Set.copyOf(needs);
            notes = List.copyOf(notes);
        }

        /** It can cut off access. */
        public Steps guarded() {
            return new Steps(changes, FixRisk.GUARDED, needs, judgedBeforeReload, settle, notes);
        }

        public Steps needing(Need need) {
            Set<Need> all = EnumSet.of(need);
            all.addAll(needs);
            return new Steps(changes, risk, all, judgedBeforeReload, settle, notes);
        }

        /** The check reads the files, not the service: it is asked before the reload too. */
        public Steps judgedFirst() {
            return new Steps(changes, risk, needs, true, settle, notes);
        }

        public Steps settlingWithin(Duration limit) {
            return new Steps(changes, risk, needs, judgedBeforeReload, limit, notes);
        }

        @FormatMethod
        public Steps noting(String note, Object... args) {
            List<String> all = new ArrayList<>(notes);
            all.add(note.formatted(args));
            return new Steps(changes, risk, needs, judgedBeforeReload, settle, all);
        }
    }

    /**
     * A fix exists, but it would do harm here, or only a person can tell what is right.
     *
     * @param why the harm, as a sentence
     * @param instead what to do about it, in order
     */
    record Refused(String why, List<String> instead) implements Remedy {
        public Refused {
            instead = List.copyOf(instead);
        }
    }

    /** What has to hold before a remedy may be applied; the engine finds out. */
    enum Need {
        /**
         * A user other than root, with a key that does not live on the cluster file system, logs in and becomes
         * root: every one of {@code sshd.break_glass}, or this run's own login where the policy names none.
         */
        BREAK_GLASS,
        /** Every member of the cluster was read in this run, since the change reaches all of them at once. */
        EVERY_MEMBER
    }

    /** Changes that need nothing else, and whose effect is seen within ten seconds. */
    static Steps steps(Change... changes) {
        return new Steps(List.of(changes), FixRisk.SAFE, Set.of(), false, Duration.ofSeconds(10), List.of());
    }

    /** @param instead what to do about it */
    static Refused refused(String why, String... instead) {
        return new Refused(why, List.of(instead));
    }
}
