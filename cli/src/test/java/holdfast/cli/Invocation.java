package holdfast.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One run of the program inside the test, as a user would start it.
 *
 * @param code the exit code
 * @param out what went to standard output
 * @param err what went to standard error
 */
record Invocation(int code, String out, String err) {

    static Invocation of(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                false,
                true,
                100);
        int code = Main.run(terminal, args);
        return new Invocation(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    JsonNode json() {
        return JsonMapper.builder().build().readTree(out);
    }

    /** {@code NODE CHECK} of each finding with this status; clusters are named {@code cluster NAME}. */
    List<String> with(String status) {
        List<String> found = new ArrayList<>();
        collect(json().get("nodes"), "", status, found);
        collect(json().get("clusters"), "cluster ", status, found);
        return found;
    }

    private static void collect(JsonNode owners, String prefix, String status, List<String> found) {
        for (JsonNode owner : owners) {
            for (JsonNode finding : owner.get("findings")) {
                if (finding.get("status").asString().equals(status)) {
                    found.add(prefix + owner.get("name").asString() + " "
                            + finding.get("check").asString());
                }
            }
        }
    }

    /** The message of one finding. */
    String message(String owner, String check) {
        for (String kind : List.of("nodes", "clusters")) {
            for (JsonNode node : json().get(kind)) {
                for (JsonNode finding : node.get("findings")) {
                    if (node.get("name").asString().equals(owner)
                            && finding.get("check").asString().equals(check)) {
                        return finding.get("message").asString();
                    }
                }
            }
        }
        throw new AssertionError("no finding of " + check + " on " + owner + " in " + out);
    }
}
