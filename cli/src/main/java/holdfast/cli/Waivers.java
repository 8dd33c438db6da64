package holdfast.cli;

import holdfast.check.Check;
import holdfast.checks.Catalogue;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.run.Scan;
import holdfast.run.WaiverReview;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** What became of the policies' waivers in a scan. */
final class Waivers {

    private Waivers() {}

    /** Waivers against all that is known: every check, and every host of the inventory, selected or not. */
    static List<WaiverReview> reviewed(Inventory inventory, List<Scan.Assignment> assignments, Scan.Result result) {
        return WaiverReview.of(
                assignments,
                result.nodes(),
                result.clusters(),
                new WaiverReview.Known(
                        Catalogue.ALL.stream().map(Check::id).toList(),
                        inventory.hosts().stream().map(Host::name).toList()),
                LocalDate.now(ZoneOffset.UTC));
    }
}
