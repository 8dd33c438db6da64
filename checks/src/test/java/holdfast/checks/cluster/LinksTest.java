package holdfast.checks.cluster;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.cluster.SomeMember.hung;
import static holdfast.checks.cluster.SomeMember.in;
import static holdfast.checks.cluster.SomeMember.stopped;

import holdfast.check.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LinksTest {

    // ------------------------------------------------------------------ pass

    @ParameterizedTest
    @ValueSource(strings = {"quorate", "debian13/quorate"})
    void oneLinkIsEnoughUnlessThePolicyWantsMore(String state) {
        bench(
                        new Links(),
                        in(state).source(),
                        in(state).as(2).source(),
                        in(state).as(3).source())
                .passes("every member that was asked reaches all others, by at least 1 link");
    }

    @Test
    void twoLinksPass() {
        bench(new Links(), in("two-links").source(), in("two-links").as(2).source())
                .under("cluster: { min_links: 2 }")
                .passes("by at least 2 links")
                .neverPassesUnread();
    }

    @Test
    void aLinkToAMemberThatIsDownIsNoFault() {
        bench(
                        new Links(),
                        in("one-member-down").source(),
                        in("one-member-down").as(2).source())
                .passes();
    }

    @Test
    void aHungPmxcfsHidesNothing() {
        bench(new Links(), hung(in("two-links").source())).passes();
    }

    // ------------------------------------------------------------------ fail

    @ParameterizedTest
    @ValueSource(strings = {"", "debian13/"})
    void aLinkThatIsDownBetweenMembersThatAreThereIsNamedOnce(String release) {
        bench(
                        new Links(),
                        in(release + "two-links-one-down").source(),
                        in(release + "two-links-one-down").as(2).source(),
                        in(release + "two-links-one-down-on-3").source())
                .failsAs(
                        Severity.HIGH,
                        "down, though both members are there: link 1 between pve1 and pve3, link 1 between pve2 and pve3")
                .showing("pve1: link 1, 198.51.100.11: pve2 connected, pve3 disconnected")
                .refusesToMend("a network cannot be mended from a member");
    }

    @Test
    void aLinkThatIsDownIsToldThoughAnotherMemberIsSilent() {
        bench(new Links(), in("two-links-one-down").source(), stopped()).fails("link 1 between pve1 and pve3");
    }

    @Test
    void tooFewLinksFail() {
        bench(new Links(), in("quorate").source(), in("quorate").as(2).source())
                .under("cluster: { min_links: 2 }")
                .failsAs(Severity.HIGH, "the policy wants 2 links: pve1 has 1 link, pve2 has 1 link")
                .refusesToMend("a wrong corosync.conf stops all members at once");
        bench(new Links(), in("two-links").source())
                .under("cluster: { min_links: 3 }")
                .fails("the policy wants 3 links: pve1 has 2 links");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void linksThatCouldNotBeReadAreNotAPass() {
        bench(
                        new Links(),
                        in("quorate").source(),
                        in("quorate")
                                .as(2)
                                .links(text -> "Could not initialize corosync configuration API\n")
                                .source())
                .cannotTell(
                        "the links of pve2 could not be read (corosync-cfgtool does not begin with the local node's id)");
    }

    @Test
    void aStoppedCorosyncHasNoLinks() {
        bench(new Links(), in("one-member-down").source(), stopped()).cannotTell("pve2 could not be asked");
        bench(new Links(), stopped()).cannotTell("no member could tell");
    }

    @Test
    void aMemberThatIsThereAndNotInTheListIsNotAPass() {
        bench(
                        new Links(),
                        in("quorate")
                                .links(text -> text.replaceFirst("\t\tnodeid: +3:.*\n", ""))
                                .source())
                .cannotTell("pve1 does not tell of all its links to pve3");
    }

    @Test
    void anotherTransportTellsNoLinks() {
        bench(
                        new Links(),
                        in("quorate")
                                .links(
                                        text ->
                                                "Local node ID 1, transport udpu\nLINK ID 0 udpu\n\taddr\t= 192.0.2.11\n\tstatus\t= OK\n")
                                .source())
                .cannotTell("corosync-cfgtool names no link");
    }
}
