package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code holdfast templates} says. */
final class TemplatesCommandTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path own;

    private Invocation golden(String name, String... args) {
        Invocation invocation = Invocation.of(args);
        GoldenTest.compare(
                name, invocation.code(), (invocation.out() + invocation.err()).replace(own.toString(), "mine"));
        return invocation;
    }

    private void write(String name, String source) throws IOException {
        Files.createDirectories(own.resolve("sshd"));
        Files.writeString(own.resolve(name), source);
    }

    @Test
    void allAreListedWithTheirVariables() {
        golden("templates", "templates");
    }

    /** What is shown can be saved and used. */
    @Test
    void oneIsShownWithItsVariables() throws IOException {
        Invocation shown = golden("templates-one", "templates", "sshd/root-login.conf");
        write("sshd/root-login.conf.ftl", shown.out());
        assertThat(Invocation.of("templates", "--templates", own.toString()).code())
                .isZero();
    }

    @Test
    void aReplacedOneIsNamed() throws IOException {
        write("sshd/root-login.conf.ftl", "# ours\nPermitRootLogin ${rootLogin}\n");
        golden("templates-own", "templates", "--templates", own.toString());
        golden("templates-own-one", "templates", "sshd/root-login.conf.ftl", "--templates", own.toString());
    }

    @Test
    void mistakesInTheUsersOwnAreToldTogether() throws IOException {
        write("sshd/root-login.conf.ftl", "# ours\nPermitRootLogin ${rootlogin}\n<#include \"/etc/passwd\">\n");
        write("sshd/root-logn.conf.ftl", "");
        Invocation told = golden("templates-mistakes", "templates", "--templates", own.toString());
        assertThat(told.code()).isEqualTo(2);
    }

    @Test
    void anUnknownNameIsAUsageErrorWithAHint() {
        assertThat(golden("templates-typo", "templates", "sshd/root-logn.conf").code())
                .isEqualTo(2);
    }

    @Test
    void theHelpHasAnExample() {
        assertThat(Invocation.of("templates", "--help").out()).contains("Examples:", "  holdfast templates sshd/");
    }
}
