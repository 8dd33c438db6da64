package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.check.Severity;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CasesTest {

    @Test
    void whatFailsComesFirstByItsSeverity() {
        List<Finding> first = Cases.of(ReportSamples.run()).checks().stream()
                .map(check -> check.groups().get(0).finding())
                .toList();
        List<Severity> failing = first.stream()
                .takeWhile(finding -> finding.status() == Finding.Status.FAIL)
                .map(Finding::severity)
                .toList();
        assertThat(failing)
                .containsExactly(
                        Severity.CRITICAL,
                        Severity.HIGH,
                        Severity.HIGH,
                        Severity.MEDIUM,
                        Severity.MEDIUM,
                        Severity.LOW);
        assertThat(first.subList(failing.size(), first.size()))
                .noneMatch(finding -> finding.status() == Finding.Status.FAIL);
        // Of two that matter as much, the broken promise.
        assertThat(first.get(1).waiverExpired()).isTrue();
    }

    @Test
    void whatSaysTheSameOfTwoNodesIsToldOnce() {
        Cases.OfCheck login = Cases.of(ReportSamples.run()).checks().stream()
                .filter(check -> check.id().equals("sshd.root-login"))
                .findFirst()
                .orElseThrow();
        Cases.Group fails = login.groups().get(0);
        assertThat(fails.cases()).hasSize(1);
        assertThat(fails.cases().get(0).places())
                .containsExactly(new Cases.Place("pve1", false), new Cases.Place("pve2", false));
        assertThat(login.count(Finding.Status.SKIP)).isEqualTo(1);
    }

    @Test
    void aNodeThatDidNotAnswerIsNoCaseOfAnyCheck() {
        Run run = ReportSamples.run();
        Cases cases = Cases.of(run);
        assertThat(run.nodes().get(2).state()).isEqualTo(NodeResult.State.UNREACHABLE);
        assertThat(run.nodes().get(2).findings()).noneMatch(cases.numbers()::containsKey);
        assertThat(cases.checks())
                .allSatisfy(check -> assertThat(check.groups())
                        .allSatisfy(group -> assertThat(group.cases())
                                .noneMatch(one -> one.places().contains(new Cases.Place("pve3", false)))));
    }

    @Test
    void everyOtherFindingHasANumberAndNumbersAreUnique() {
        Run run = ReportSamples.fleet(120, 30).run();
        Cases cases = Cases.of(run);
        Set<Integer> told = new HashSet<>();
        int places = 0;
        for (Cases.OfCheck check : cases.checks()) {
            for (Cases.Group group : check.groups()) {
                places += group.size();
                group.cases().forEach(one -> assertThat(told.add(one.number())).isTrue());
            }
        }
        assertThat(told).isEqualTo(new HashSet<>(cases.numbers().values()));
        assertThat((long) places)
                .isEqualTo(run.findings().count()
                        - run.nodes().stream()
                                .filter(node -> node.error().isPresent())
                                .mapToLong(node -> node.findings().size())
                                .sum());
    }
}
