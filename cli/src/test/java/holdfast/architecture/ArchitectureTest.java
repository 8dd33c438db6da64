package holdfast.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.INTERFACES;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.checks.Catalogue;
import holdfast.checks.Pages;
import org.jspecify.annotations.NullMarked;

@AnalyzeClasses(packages = "holdfast", importOptions = ArchitectureTest.OnlyTheProgram.class)
final class ArchitectureTest {

    /** Neither directories of tests nor jars of them. */
    static final class OnlyTheProgram implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/test-classes/") && !location.contains("-tests.jar");
        }
    }

    @ArchTest
    static final ArchRule rooms_are_pure = classes()
            .that()
            .resideInAPackage("holdfast.checks.*..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "holdfast.checks.*..",
                    "holdfast.access",
                    "holdfast.check",
                    "holdfast.change",
                    "holdfast.probe",
                    "holdfast.policy",
                    "holdfast.proxmox",
                    "holdfast.quorum",
                    "holdfast.text",
                    "java.lang..",
                    "java.util..",
                    "java.time..",
                    "org.jspecify..",
                    "com.google.errorprone.annotations..")
            .because("a check that reads, sleeps or prints by itself cannot be shared, planned or tested");

    @ArchTest
    static final ArchRule rooms_touch_nothing_of_the_machine_they_run_on = noClasses()
            .that()
            .resideInAnyPackage(
                    "holdfast.checks.*..",
                    "holdfast.access",
                    "holdfast.check",
                    "holdfast.probe",
                    "holdfast.proxmox",
                    "holdfast.quorum")
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(System.class, Runtime.class, Thread.class, ProcessBuilder.class, java.time.Clock.class);

    @ArchTest
    static final ArchRule rooms_have_no_clock = noClasses()
            .that()
            .resideInAnyPackage(
                    "holdfast.checks.*..",
                    "holdfast.access",
                    "holdfast.check",
                    "holdfast.probe",
                    "holdfast.proxmox",
                    "holdfast.quorum")
            .should()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .callMethod(java.time.LocalDate.class, "now")
            .because("the same facts must judge the same tomorrow");

    @ArchTest
    static final ArchRule discovery_is_pure = noClasses()
            .that()
            .resideInAPackage("holdfast.discovery")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.io..", "java.nio.file..", "java.net.http..", "holdfast.run..", "holdfast.report..")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(System.class, Thread.class, java.time.Clock.class, java.net.Socket.class)
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .because("what hostile nodes said is compared where nothing can be reached or written");

    @ArchTest
    static final ArchRule what_has_changed_is_found_out_without_a_clock_or_a_file = noClasses()
            .that()
            .resideInAPackage("holdfast.drift")
            .or()
            .haveSimpleNameStartingWith("Telling")
            .or()
            .haveFullyQualifiedName("holdfast.notify.Condition")
            .or()
            .haveFullyQualifiedName("holdfast.run.WaiverReview")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.io..", "java.nio.file..", "java.net..", "java.sql..")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(System.class, Thread.class, ProcessBuilder.class, java.time.Clock.class)
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .because("the same two runs differ in the same things tomorrow");

    @ArchTest
    static final ArchRule only_notices_leave_by_the_web = noClasses()
            .that()
            .resideOutsideOfPackages("holdfast.notify", "holdfast.lab..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.net.http..")
            .because("nothing else talks to a server than SSH");

    @ArchTest
    static final ArchRule areas_do_not_lean_on_each_other =
            slices().matching("holdfast.checks.(*)..").should().notDependOnEachOther();

    @ArchTest
    static final ArchRule no_package_cycles =
            slices().matching("holdfast.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule only_node_ssh_knows_mina = noClasses()
            .that()
            .resideOutsideOfPackages("holdfast.node.ssh..", "holdfast.lab..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.sshd..", "org.bouncycastle..");

    @ArchTest
    static final ArchRule only_template_knows_freemarker = noClasses()
            .that()
            .resideOutsideOfPackage("holdfast.template..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("freemarker..");

    @ArchTest
    static final ArchRule only_yaml_knows_the_yaml_parser = noClasses()
            .that()
            .resideOutsideOfPackage("holdfast.yaml..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.yaml..");

    @ArchTest
    static final ArchRule only_store_knows_databases = noClasses()
            .that()
            .resideOutsideOfPackage("holdfast.store")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite..", "org.postgresql..");

    @ArchTest
    static final ArchRule the_store_visits_nothing = classes()
            .that()
            .resideInAPackage("holdfast.store")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "holdfast.store",
                    "holdfast.report",
                    "holdfast.drift",
                    "holdfast.run",
                    "holdfast.journal",
                    "holdfast.text",
                    "java..",
                    "org.sqlite..",
                    "org.postgresql..",
                    "tools.jackson..",
                    "org.jspecify..",
                    "com.google.errorprone.annotations..");

    @ArchTest
    static final ArchRule only_cli_knows_picocli = noClasses()
            .that()
            .resideOutsideOfPackage("holdfast.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli..");

    @ArchTest
    static final ArchRule only_cli_prints = noClasses()
            .that()
            .resideOutsideOfPackage("holdfast.cli..")
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .callMethod(Throwable.class, "printStackTrace");

    @ArchTest
    static final ArchRule only_cli_ends_the_process = noClasses()
            .that()
            .resideOutsideOfPackage("holdfast.cli..")
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class);

    @ArchTest
    static final ArchRule the_engine_knows_no_rooms = noClasses()
            .that()
            .resideOutsideOfPackages("holdfast.checks..", "holdfast.cli..", "holdfast.lab..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("holdfast.checks..", "holdfast.cli..", "holdfast.lab..");

    @ArchTest
    static final ArchRule checks_are_final_and_described = classes()
            .that(assignableTo(Check.class).and(not(INTERFACES)))
            .should()
            .haveModifier(JavaModifier.FINAL)
            .andShould()
            .bePublic()
            .andShould()
            .beAnnotatedWith(CheckInfo.class);

    @ArchTest
    static void every_package_is_null_marked(JavaClasses all) {
        assertThat(all.stream()
                        .filter(type -> !type.getPackageName().isEmpty())
                        .map(JavaClass::getPackage)
                        .filter(of -> !of.isAnnotatedWith(NullMarked.class))
                        .map(JavaPackage::getName)
                        .distinct())
                .isEmpty();
    }

    @ArchTest
    static void the_catalogue_holds_every_check_once_in_the_order_of_their_ids(JavaClasses all) {
        assertThat(Catalogue.ALL)
                .extracting(check -> check.getClass().getName())
                .containsExactlyInAnyOrderElementsOf(all.stream()
                        .filter(assignableTo(Check.class).and(not(INTERFACES)))
                        .map(JavaClass::getName)
                        .toList());
        assertThat(Catalogue.ALL).extracting(Check::id).isSorted();
    }

    @ArchTest
    static void every_check_has_a_page_that_says_why_and_when_not(JavaClasses all) {
        assertThat(Catalogue.ALL)
                .allSatisfy(check -> assertThat(Pages.text(check))
                        .contains("# " + check.info().title(), "## Why", "## When not", "## References"));
    }

    @ArchTest
    static void every_check_is_described_in_full(JavaClasses all) {
        assertThat(Catalogue.ALL).allSatisfy(check -> {
            assertThat(check.id()).matches("[a-z]+\\.[a-z]+(-[a-z]+)*");
            assertThat(check.info().title()).isNotBlank().doesNotEndWith(".").doesNotStartWithIgnoringCase("ensure");
            assertThat(check.info().references()).isNotEmpty();
        });
    }
}
