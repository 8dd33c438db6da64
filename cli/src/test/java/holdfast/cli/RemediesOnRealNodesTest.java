package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.Verdict;
import holdfast.checks.certificate.Expiry;
import holdfast.checks.certificate.Served;
import holdfast.checks.pveproxy.Listening;
import holdfast.checks.time.Synchronized;
import holdfast.lab.container.Ran;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import holdfast.policy.Policies;
import holdfast.policy.Policy;
import holdfast.probe.ClockOffset;
import holdfast.probe.LoginUsed;
import holdfast.probe.Output;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import holdfast.problem.Problems;
import holdfast.template.Templates;
import holdfast.yaml.Yaml;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the checks propose, done by hand in the order that {@link Change} gives, takes a real node from fail to
 * pass, changes nothing when done twice, and what takes it back does.
 */
@Tag("containers")
final class RemediesOnRealNodesTest {

    @ParameterizedTest
    @EnumSource(Release.class)
    void fromFailToPassAndBack(Release release) {
        try (RealCluster lab = RealCluster.standalone(1, release)) {
            RealNode node = lab.node("pve1");
            Policy policy = policy("time: { servers: [" + node.timeSource() + "] }");
            aStoppedChronyStarts(node, policy);
            aChronyWithoutSourcesGetsThePolicys(node, policy);
            chronyTakesThePlaceOfTimesyncd(node, policy);
            aMaskedPveproxyStarts(node, policy);
            certificatesAreRenewedAndServed(node, policy);
        }
    }

    private static void aStoppedChronyStarts(RealNode node, Policy policy) {
        node.stopChrony();
        Remedy.Steps steps = mends(new Synchronized(), node, policy);
        takeBack(node, steps);
        assertThat(node.exec("systemctl is-active chrony").out()).isEqualTo("inactive\n");
        node.sh("systemctl start chrony");
    }

    private static void aChronyWithoutSourcesGetsThePolicys(RealNode node, Policy policy) {
        node.sh("rm /etc/chrony/sources.d/*.sources && systemctl restart chrony");
        mends(new Synchronized(), node, policy);
        assertThat(node.readFile("/etc/chrony/sources.d/holdfast.sources"))
                .endsWith("\nserver " + node.timeSource() + " iburst\n");
    }

    private static void chronyTakesThePlaceOfTimesyncd(RealNode node, Policy policy) {
        node.removeChrony();
        Remedy.Steps steps = mends(new Synchronized(), node, policy);
        assertThat(node.exec("systemctl is-active systemd-timesyncd").out()).isEqualTo("inactive\n");
        takeBack(node, steps);
        assertThat(node.sh("systemctl is-active systemd-timesyncd")).isEqualTo("active\n");
        assertThat(node.exec("command -v chronyd").exit()).isNotZero();
    }

    private static void aMaskedPveproxyStarts(RealNode node, Policy policy) {
        node.disableProxy();
        node.stopAndMaskProxy();
        Remedy.Steps steps = mends(new Listening(), node, policy);
        assertThat(node.sh("systemctl is-enabled pveproxy")).isEqualTo("enabled\n");
        takeBack(node, steps);
        assertThat(node.exec("systemctl is-enabled pveproxy; systemctl is-active pveproxy")
                        .out())
                .isEqualTo("masked\ninactive\n");
        node.sh("systemctl unmask pveproxy");
        assertThat(node.exec("systemctl is-enabled pveproxy").out()).isEqualTo("disabled\n");
        mends(new Listening(), node, policy);
    }

    private static void certificatesAreRenewedAndServed(RealNode node, Policy policy) {
        node.expireNodeCertificate(3);
        mends(new Expiry(), node, policy);
        assertThat(judged(new Served(), node, policy)).isInstanceOf(Verdict.Pass.class);
        node.staleServedCertificate();
        mends(new Served(), node, policy);
        node.serveExpiredCertificate();
        node.configureAcme("pve1.example.test");
        mends(new Expiry(), node, policy);
        await(new Served(), node, policy);
    }

    private static Policy policy(String yaml) {
        Problems problems = new Problems();
        Policy policy = Policies.of(Yaml.read("policy.yml", yaml, problems).orElseThrow(), problems)
                .base();
        problems.throwIfAny();
        return policy;
    }

    private static Remedy.Steps mends(Check.OfNode<?> check, RealNode node, Policy policy) {
        assertThat(judged(check, node, policy)).isInstanceOf(Verdict.Fail.class);
        Verdict.Fail failed = (Verdict.Fail) judged(check, node, policy);
        assertThat(failed.remedy()).get().isInstanceOf(Remedy.Steps.class);
        Remedy.Steps steps = (Remedy.Steps) failed.remedy().orElseThrow();
        apply(node, steps);
        await(check, node, policy);
        apply(node, steps);
        await(check, node, policy);
        return steps;
    }

    private static void apply(RealNode node, Remedy.Steps steps) {
        for (Class<? extends Change> kind :
                List.of(Change.WriteFile.class, Change.Validate.class, Change.Run.class, Change.Reload.class)) {
            steps.changes().stream().filter(kind::isInstance).forEach(change -> {
                switch (change) {
                    case Change.WriteFile write ->
                        node.writeFile(
                                write.path(),
                                new Templates(RemediesOnRealNodesTest.class.getClassLoader())
                                        .render(write.template(), write.model()));
                    case Change.EditFile edit -> throw new AssertionError("no check here edits: " + edit);
                    case Change.Validate validate -> node.sh(validate.command());
                    case Change.Run run -> node.sh(run.command());
                    case Change.Reload reload -> node.sh(reload.command());
                    case Change.Rescue rescue -> throw new AssertionError("no check here needs a rescue: " + rescue);
                }
            });
        }
    }

    private static void takeBack(RealNode node, Remedy.Steps steps) {
        steps.changes().forEach(change -> {
            switch (change) {
                case Change.WriteFile write -> node.sh("rm " + write.path());
                case Change.Run run -> node.sh(run.undo());
                default -> {}
            }
        });
    }

    private static void await(Check.OfNode<?> check, RealNode node, Policy policy) {
        Instant limit = Instant.now().plusSeconds(100);
        Verdict verdict = judged(check, node, policy);
        while (!(verdict instanceof Verdict.Pass) && Instant.now().isBefore(limit)) {
            verdict = judged(check, node, policy);
        }
        assertThat(verdict).isInstanceOf(Verdict.Pass.class);
    }

    private static <F> Verdict judged(Check.OfNode<F> check, RealNode node, Policy policy) {
        return switch (check.probe(policy).read(new Asked(node))) {
            case Reading.Known<F>(var facts) -> check.judge(facts, policy);
            case Reading.Unknown<F>(var why) -> new Verdict.Unknown(why);
        };
    }

    /** A node that is asked directly, not over SSH. */
    private record Asked(RealNode node) implements Source {

        @Override
        public Reading<Output> output(Shape shape) {
            Ran ran = node.exec("export LC_ALL=C\n" + shape.command());
            return Reading.known(new Output(ran.exit(), ran.out(), ran.err()));
        }

        @Override
        public Reading<ClockOffset> clock() {
            return Reading.unknown("not asked");
        }

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public LoginUsed login() {
            return new LoginUsed("root", true);
        }
    }
}
