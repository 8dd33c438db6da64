package holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policies;
import holdfast.policy.Policy;
import holdfast.probe.Output;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.problem.Problems;
import holdfast.template.Templates;
import holdfast.yaml.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Sets a check before what one node said, or the members of a cluster said, and says in one line what must come
 * out. Without being asked it proves that judging twice says the same, and wherever a check passes, that it does
 * not when something of it cannot be read.
 */
public final class CheckBench {

    /** Bytes and texts that no probe prints. */
    private static final List<String> GARBAGE = List.of(
            "",
            "\n\n",
            "\0\1\2\ufffd\u001b]0;title\u0007",
            "<html><body>502 Bad Gateway</body></html>\n",
            "Permission denied\n",
            "#: units\n#= 0\n#: finished\n#= 0\n",
            "{ \"quorate\": 1 }\n");

    /** At most so many positions of an output are cut in every test; the rooms' own test cuts at all of them. */
    private static final int SAMPLES = 150;

    private final Check<?> check;
    private final List<FakeSource> members;
    private final Policy policy;

    private CheckBench(Check<?> check, List<FakeSource> members, Policy policy) {
        this.check = check;
        this.members = members;
        this.policy = policy;
    }

    /** @param members one node, or the members of a cluster: pve1, pve2 and so on */
    public static CheckBench bench(Check<?> check, FakeSource... members) {
        return new CheckBench(check, List.of(members), Policies.builtIn().base());
    }

    /** The same with this YAML merged over the policy. */
    public CheckBench under(String yaml) {
        Problems problems = new Problems();
        Policies policies = Policies.of(
                Yaml.read("policy.yml", yaml, problems).orElseThrow(() -> new AssertionError("no YAML: " + yaml)),
                problems);
        problems.throwIfAny();
        return new CheckBench(check, members, policies.base());
    }

    /** The same in a run that may remove tokens in use. */
    public CheckBench revokingInUse() {
        return new CheckBench(check, members, policy.revokingInUse());
    }

    public CheckBench passes() {
        return passes("");
    }

    public CheckBench passes(String because) {
        says(Verdict.Pass.class, because);
        unreadIsNeverAPass(SAMPLES);
        return this;
    }

    /** A pass although a member or a part was not read, because what was read says enough; the sentence says so. */
    public CheckBench passesThoughUnread(String because) {
        says(Verdict.Pass.class, because);
        return this;
    }

    public CheckBench fails(String because) {
        Verdict verdict = says(Verdict.Fail.class, because);
        if (verdict instanceof Verdict.Fail failed) {
            assertThat(failed.expected()).as("what is expected").isNotBlank();
            assertThat(failed.actual()).as("what is there instead").isNotBlank();
            assertThat(failed.advice()).as("what mends it").isNotEmpty();
            failed.remedy().ifPresent(CheckBench::isWellFormed);
            failed.snippet()
                    .ifPresent(
                            snippet -> assertThat(new Templates(check.getClass().getClassLoader())
                                            .render(snippet.template(), snippet.model()))
                                    .isNotBlank());
        }
        return this;
    }

    /** A failure that ranks differently from the check's own severity. */
    public CheckBench failsAs(Severity severity, String because) {
        fails(because);
        assertThat(judged())
                .isInstanceOfSatisfying(
                        Verdict.Fail.class,
                        failed -> assertThat(
                                        failed.severity().orElse(check.info().severity()))
                                .isEqualTo(severity));
        return this;
    }

    /** The failure shows this among what was read. */
    public CheckBench showing(String evidence) {
        assertThat(judged())
                .isInstanceOfSatisfying(
                        Verdict.Fail.class,
                        failed -> assertThat(failed.evidence())
                                .anySatisfy(line -> assertThat(line).contains(evidence)));
        return this;
    }

    /** The failure shows this nowhere. */
    public CheckBench notShowing(String evidence) {
        assertThat(judged())
                .isInstanceOfSatisfying(
                        Verdict.Fail.class,
                        failed -> assertThat(failed.evidence())
                                .noneSatisfy(line -> assertThat(line).contains(evidence)));
        return this;
    }

    /** The failure advises this. */
    public CheckBench advising(String step) {
        assertThat(judged())
                .isInstanceOfSatisfying(
                        Verdict.Fail.class,
                        failed -> assertThat(failed.advice())
                                .anySatisfy(line -> assertThat(line).contains(step)));
        return this;
    }

    /** The failure's remedy consists of steps; they are shown to the caller. */
    public CheckBench mendedBy(Consumer<Remedy.Steps> steps) {
        assertThat(judged())
                .isInstanceOfSatisfying(
                        Verdict.Fail.class,
                        failed -> assertThat(failed.remedy()).get().isInstanceOfSatisfying(Remedy.Steps.class, steps));
        return this;
    }

    /** There is a remedy, and it is refused here for this reason. */
    public CheckBench refusesToMend(String why) {
        assertThat(judged())
                .isInstanceOfSatisfying(
                        Verdict.Fail.class,
                        failed -> assertThat(failed.remedy())
                                .get()
                                .isInstanceOfSatisfying(Remedy.Refused.class, refused -> {
                                    assertThat(refused.why()).contains(why);
                                    assertThat(refused.instead())
                                            .as("what to do instead")
                                            .isNotEmpty();
                                }));
        return this;
    }

    /** No fix is offered: only a person can mend it. */
    public CheckBench offersNoFix() {
        assertThat(judged())
                .isInstanceOfSatisfying(
                        Verdict.Fail.class,
                        failed -> assertThat(failed.remedy()).isEmpty());
        return this;
    }

    private static void isWellFormed(Remedy remedy) {
        if (remedy instanceof Remedy.Steps steps) {
            assertThat(steps.changes()).as("the steps of a remedy").isNotEmpty();
            assertThat(steps.changes()).allSatisfy(change -> {
                String path = switch (change) {
                    case Change.WriteFile write -> write.path();
                    case Change.EditFile edit -> edit.path();
                    case Change.Validate validate -> "/";
                    case Change.Run run -> "/";
                    case Change.Reload reload -> "/";
                    case Change.Rescue rescue -> "/";
                };
                assertThat(path).startsWith("/").doesNotContain("..").doesNotContain("/etc/pve/local");
            });
        }
    }

    /** The failure offers a file with exactly this text. */
    public CheckBench offers(String path, String text) {
        assertThat(judged()).isInstanceOfSatisfying(Verdict.Fail.class, failed -> {
            assertThat(failed.snippet()).isPresent();
            assertThat(failed.snippet().orElseThrow().path()).isEqualTo(path);
            assertThat(new Templates(check.getClass().getClassLoader())
                            .render(
                                    failed.snippet().orElseThrow().template(),
                                    failed.snippet().orElseThrow().model()))
                    .isEqualTo(text);
        });
        return this;
    }

    public CheckBench cannotTell(String because) {
        says(Verdict.Unknown.class, because);
        return this;
    }

    public CheckBench skips(String because) {
        says(Verdict.NotApplicable.class, because);
        return this;
    }

    /** Cuts every output at every single position, in addition to what {@link #passes} does. */
    public CheckBench neverPassesUnread() {
        says(Verdict.Pass.class, "");
        unreadIsNeverAPass(Integer.MAX_VALUE);
        return this;
    }

    private Verdict says(Class<? extends Verdict> kind, String because) {
        Verdict verdict = judged();
        assertThat(verdict).isInstanceOf(kind);
        assertThat(verdict.because()).contains(because);
        assertThat(judged()).as("the same facts judged again").isEqualTo(verdict);
        return verdict;
    }

    private Verdict judged() {
        return verdict(members);
    }

    private void unreadIsNeverAPass(int positions) {
        for (int i = 0; i < members.size(); i++) {
            for (Shape shape : check.probe(policy).shapes().distinct().toList()) {
                spoilt(i, shape, positions);
            }
            if (check.probe(policy).shapes().findAny().isEmpty()) {
                without(i, "the clock", members.get(i).copy().clockUnread("it was not read"));
            }
        }
    }

    private void spoilt(int member, Shape shape, int positions) {
        FakeSource source = members.get(member);
        String name = shape.name();
        without(member, name + " silent", source.copy().silent(name, "it was not answered"));
        without(member, name + " failed", source.copy().fails(name, 1, "it broke"));
        GARBAGE.forEach(noise ->
                without(member, name + " answered garbage", source.copy().answers(name, noise)));
        if (source.output(shape) instanceof Reading.Known<Output>(var output)) {
            String text = output.stdout();
            without(member, name + " ended badly", source.copy().gives(name, new Output(1, text, "it broke half-way")));
            without(
                    member,
                    name + " printed too much",
                    source.copy().gives(name, new Output(output.exit(), text, "", true)));
            cuts(text, positions)
                    .forEach(end -> without(
                            member,
                            "%s cut at %d of %d".formatted(name, end, text.length()),
                            source.copy().gives(name, new Output(output.exit(), text.substring(0, end), ""))));
        }
    }

    /** Where to cut: everywhere, or at the ends of lines and evenly between. Lost line feeds at the end lose nothing. */
    private static List<Integer> cuts(String text, int positions) {
        int end = text.stripTrailing().length();
        TreeSet<Integer> cuts = new TreeSet<>();
        if (end <= positions) {
            IntStream.range(0, end).forEach(cuts::add);
        } else {
            IntStream.range(0, positions).forEach(i -> cuts.add((int) ((long) end * i / positions)));
            IntStream.range(Math.max(0, end - 20), end).forEach(cuts::add);
        }
        return List.copyOf(cuts);
    }

    private void without(int member, String what, FakeSource spoilt) {
        List<FakeSource> others = new ArrayList<>(members);
        others.set(member, spoilt);
        Verdict verdict = verdict(others);
        switch (verdict) {
            case Verdict.Fail failed -> {}
            case Verdict.Unknown unknown -> {}
            case Verdict.Pass(var because) -> fail("%s: passes all the same: %s", what, because);
            case Verdict.NotApplicable(var because) -> fail("%s: is skipped: %s", what, because);
        }
    }

    private Verdict verdict(List<FakeSource> sources) {
        return switch (check) {
            case Check.OfNode<?> ofNode -> ofNode(ofNode, sources);
            case Check.OfCluster<?> ofCluster -> ofCluster(ofCluster, sources);
        };
    }

    private <F> Verdict ofNode(Check.OfNode<F> ofNode, List<FakeSource> sources) {
        assertThat(sources).as("nodes on the bench").hasSize(1);
        return switch (ofNode.probe(policy).read(sources.get(0))) {
            case Reading.Known<F>(var facts) -> guarded(() -> ofNode.judge(facts, policy));
            case Reading.Unknown<F>(var why) -> new Verdict.Unknown(why);
        };
    }

    private <F> Verdict ofCluster(Check.OfCluster<F> ofCluster, List<FakeSource> sources) {
        List<Member<F>> read = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            read.add(new Member<>("pve" + (i + 1), ofCluster.probe(policy).read(sources.get(i))));
        }
        return guarded(() -> ofCluster.judge(read, policy));
    }

    private interface Judgement {
        Verdict verdict();
    }

    /** As the engine does it: what cannot be judged is unknown. */
    private static Verdict guarded(Judgement judgement) {
        try {
            return judgement.verdict();
        } catch (RuntimeException e) {
            return Verdict.unknown("what was read could not be judged: %s", e);
        }
    }
}
