package holdfast.checks.sshd;

import holdfast.change.Edit;
import holdfast.change.EditException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Puts the Include of the drop-in directory before every setting of sshd_config, where Debian has it. */
record IncludeFirst() implements Edit {

    private static final String INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf";

    /** A line that includes that directory and nothing else; one with further patterns stays where it is. */
    private static final Pattern OURS = Pattern.compile(
            "\\s*\"?include\"?[ \\t=]+\"?(/etc/ssh/)?sshd_config\\.d/\\*\\.conf\"?\\s*(#.*)?",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern SETTING = Pattern.compile("\\s*[^#\\s].*", Pattern.DOTALL);

    @Override
    public String apply(Optional<String> current) throws EditException {
        if (current.isEmpty()) {
            throw new EditException("there is no sshd_config; put Debian's back with: ucf or dpkg --configure -a");
        }
        List<String> lines = new ArrayList<>(List.of(current.get().split("\n", -1)));
        int first = first(lines);
        if (first < lines.size() && OURS.matcher(lines.get(first)).matches()) {
            return current.get();
        }
        lines.removeIf(line -> OURS.matcher(line).matches());
        lines.add(first(lines), INCLUDE);
        return String.join("\n", lines);
    }

    private static int first(List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            if (SETTING.matcher(lines.get(i)).matches()) {
                return i;
            }
        }
        return lines.size() - 1;
    }

    @Override
    public String purpose() {
        return "put the Include of the drop-ins before every setting";
    }
}
