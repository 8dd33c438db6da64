package holdfast.checks;

import holdfast.checks.sshd.PasswordAuthentication;
import holdfast.checks.sshd.RootLogin;
import holdfast.checks.time.ChronyFix;
import holdfast.checks.time.Synchronized;
import holdfast.problem.ProblemsException;
import holdfast.template.Snippet;
import holdfast.template.Templates;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Every template that can land on a node: where to, for which check, and with which values. */
public final class TemplatesIndex {

    /** In the order of their names; a new template is one line here. */
    public static final List<Snippet> ALL = List.of(
            new Snippet(
                    "sshd/password-authentication.conf",
                    PasswordAuthentication.DROP_IN,
                    new PasswordAuthentication().id(),
                    PasswordAuthentication.DropIn.class),
            new Snippet("sshd/root-login.conf", RootLogin.DROP_IN, new RootLogin().id(), RootLogin.DropIn.class),
            new Snippet("time/holdfast.sources", ChronyFix.FILE, new Synchronized().id(), ChronyFix.Sources.class));

    private TemplatesIndex() {}

    /**
     * The templates, those of a user's directory in place of ours.
     *
     * @throws ProblemsException with every mistake in the user's directory
     */
    public static Templates load(Optional<Path> directory) {
        Templates templates = new Templates(TemplatesIndex.class.getClassLoader(), directory);
        templates.verify(ALL);
        return templates;
    }
}
