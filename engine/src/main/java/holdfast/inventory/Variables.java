package holdfast.inventory;

import holdfast.problem.Problems;
import holdfast.text.Clean;
import holdfast.text.Names;
import holdfast.yaml.Value;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Scalar;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The few variables that mean something here, checked before anything can use them. */
final class Variables {

    static final String HOLDFAST = "holdfast";

    private static final List<String> HOST = List.of("ansible_host", "ansible_ssh_host");
    private static final List<String> PORT = List.of("ansible_port", "ansible_ssh_port");
    private static final List<String> USER = List.of("ansible_user", "ansible_ssh_user");
    private static final List<String> KEY = List.of("ansible_ssh_private_key_file", "ansible_private_key_file");
    private static final List<String> BECOME = List.of("ansible_become");
    private static final List<String> BECOME_USER = List.of("ansible_become_user");
    private static final List<String> CONNECTION = List.of("ansible_connection");

    private static final Set<String> READ = Set.of(
            "ansible_host",
            "ansible_ssh_host",
            "ansible_port",
            "ansible_ssh_port",
            "ansible_user",
            "ansible_ssh_user",
            "ansible_ssh_private_key_file",
            "ansible_private_key_file",
            "ansible_become",
            "ansible_become_user",
            "ansible_connection",
            "ansible_group_priority");

    private static final Pattern SECRET = Pattern.compile(
            "pass(?!ive)|pwd|secret|token|credential|(private|api|access|encryption|ssh|host|signing)_?key|keytab|vault",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern PATH_NAME = Pattern.compile(".*_(file|path|dir)", Pattern.CASE_INSENSITIVE);

    private final Map<String, Value> vars;
    private final Path home;
    private final Problems problems;

    private Variables(Map<String, Value> vars, Path home, Problems problems) {
        this.vars = vars;
        this.home = home;
        this.problems = problems;
    }

    static Access read(Map<String, Value> vars, Path home, Problems problems) {
        return new Variables(vars, home, problems).access();
    }

    /** Whether this is a variable of Ansible's that is not read here. */
    static boolean isIgnored(String name) {
        return name.startsWith("ansible_") && !READ.contains(name);
    }

    /** Whether a variable's name says that its value is nobody's business. */
    static boolean isSecret(String name) {
        return SECRET.matcher(name).find() && !PATH_NAME.matcher(name).matches();
    }

    private Access access() {
        becomeUser();
        return new Access(
                text(HOST, Names::isHost, Draft.HOST_RULE),
                port(),
                text(
                        USER,
                        Names::isLogin,
                        "a user's name (letters, digits, \".\", \"_\", \"-\", \"@\" and \"+\", not \"-\" first)"),
                text(
                                KEY,
                                this::isPath,
                                "a file's path (not \"-\" first, no control characters, of the home directories only ~/)")
                        .map(this::expand),
                become(),
                local());
    }

    private OptionalInt port() {
        return text(
                        PORT,
                        text -> text.matches("[1-9]\\d{0,4}") && Integer.parseInt(text) <= 65535,
                        "a number from 1 to 65535")
                .map(text -> OptionalInt.of(Integer.parseInt(text)))
                .orElse(OptionalInt.empty());
    }

    private Optional<Boolean> become() {
        return text(BECOME, text -> flag(text).isPresent(), "true or false").flatMap(Variables::flag);
    }

    private static Optional<Boolean> flag(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on", "1", "y", "t" -> Optional.of(true);
            case "false", "no", "off", "0", "n", "f" -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    private void becomeUser() {
        text(BECOME_USER, "root"::equals, "root, since holdfast becomes no other user");
    }

    private Optional<Boolean> local() {
        Set<String> known = Set.of(
                "ssh",
                "local",
                "smart",
                "paramiko",
                "paramiko_ssh",
                "ansible.builtin.ssh",
                "ansible.builtin.local",
                "ansible.builtin.paramiko_ssh");
        return text(CONNECTION, known::contains, "ssh or local").map(text -> text.endsWith("local"));
    }

    private boolean isPath(String text) {
        return !text.isBlank()
                && !text.startsWith("-")
                && text.length() <= 4096
                && (!text.startsWith("~") || text.equals("~") || text.startsWith("~/"));
    }

    private Path expand(String text) {
        return text.equals("~") ? home : text.startsWith("~/") ? home.resolve(text.substring(2)) : Path.of(text);
    }

    /** The value of the first of these variables that is set, or empty with a problem if it is not right. */
    private Optional<String> text(List<String> names, Predicate<String> right, String rule) {
        for (String name : names) {
            Value value = vars.get(name);
            if (value == null || value.isNull()) {
                continue;
            }
            Optional<String> wrong = wrong(value, right, rule);
            wrong.ifPresent(message -> problems.add(value.where(), name + " " + message));
            return wrong.isPresent() ? Optional.empty() : Optional.of(((Scalar) value).text());
        }
        return Optional.empty();
    }

    private static Optional<String> wrong(Value value, Predicate<String> right, String rule) {
        if (!(value instanceof Scalar scalar)) {
            return Optional.of("must be " + rule + ", not " + value.what());
        }
        String text = scalar.text();
        if (scalar.kind() == Kind.VAULT) {
            return Optional.of("is encrypted with ansible-vault, which is not opened here: write it in plain text");
        }
        if (text.contains("{{") || text.contains("{%")) {
            return Optional.of("is a Jinja2 template, and templates are not evaluated: write the value itself");
        }
        boolean harmless = text.equals(Clean.line(text)) && right.test(text);
        return harmless ? Optional.empty() : Optional.of("must be " + rule + ", not \"" + Clean.line(text, 80) + "\"");
    }
}
