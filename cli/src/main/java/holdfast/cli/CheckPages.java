package holdfast.cli;

import holdfast.check.Check;
import holdfast.checks.Catalogue;
import holdfast.checks.Pages;
import holdfast.report.CheckPage;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What reports say of the checks themselves. */
final class CheckPages {

    private CheckPages() {}

    /** The pages of these checks, by id, in the catalogue's order; what another version asked is left out. */
    static Map<String, CheckPage> of(Collection<String> ids) {
        Map<String, CheckPage> pages = new LinkedHashMap<>();
        for (Check<?> check : Catalogue.ALL) {
            if (ids.contains(check.id())) {
                pages.put(
                        check.id(),
                        new CheckPage(
                                check.id(),
                                check.info().title(),
                                check.info().severity(),
                                check instanceof Check.OfCluster,
                                CheckSelection.tagsOf(check),
                                List.of(check.info().references()),
                                Pages.why(check)));
            }
        }
        return pages;
    }
}
