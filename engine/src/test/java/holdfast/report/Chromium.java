package holdfast.report;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Debian's Chromium without a window, driven through the DevTools protocol. It has a profile of its own, talks to nobody,
 * and is gone after {@link #close}.
 */
final class Chromium implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();

    /** What the page complained of: errors, exceptions, and what its policy refused. */
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    /** Every address that the page asked for. */
    private final List<String> requests = new CopyOnWriteArrayList<>();

    private String session = "";

    private Chromium(Process process, String address) throws Exception {
        this.process = process;
        this.socket = http.newWebSocketBuilder()
                .connectTimeout(LIMIT)
                .buildAsync(URI.create(address), new Listener())
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** @param home an empty directory */
    static Chromium started(Path home) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                "--user-data-dir=" + home.resolve("profile"),
                "about:blank"));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("HOME", home.toString());
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(home.resolve("chromium.log").toFile())
                .start();
        try {
            Chromium chromium = new Chromium(process, address(process, home));
            chromium.attach();
            return chromium;
        } catch (Exception e) {
            end(process);
            throw e;
        }
    }

    private static String address(Process process, Path home) throws Exception {
        Path port = home.resolve("profile/DevToolsActivePort");
        long until = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < until && process.isAlive()) {
            if (Files.exists(port)) {
                List<String> lines = Files.readAllLines(port);
                if (lines.size() == 2) {
                    return "ws://127.0.0.1:" + lines.get(0) + lines.get(1);
                }
            }
            Thread.sleep(50);
        }
        throw new IOException("chromium does not listen: " + Files.readString(home.resolve("chromium.log")));
    }

    private void attach() throws Exception {
        String target = call("Target.createTarget", Map.of("url", "about:blank"))
                .path("targetId")
                .asString();
        session = call("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .path("sessionId")
                .asString();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
    }

    /** Loads a page, after which there are no complaints but of this one. */
    void open(URI address) throws Exception {
        complaints.clear();
        requests.clear();
        // Another page first: an address that differs in its fragment alone would load nothing.
        load("about:blank");
        load(address.toString());
    }

    private void load(String address) throws Exception {
        CompletableFuture<JsonNode> loaded = new CompletableFuture<>();
        awaited.put("Page.loadEventFired", loaded);
        call("Page.navigate", Map.of("url", address));
        loaded.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** The window's size, in CSS pixels. */
    void size(int width, int height) throws Exception {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    }

    /** @param scheme {@code light} or {@code dark} */
    void colours(String scheme) throws Exception {
        call(
                "Emulation.setEmulatedMedia",
                Map.of("media", "", "features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** Shows the page as it is printed by someone whose screen is dark; until {@link #colours}. */
    void paper() throws Exception {
        call(
                "Emulation.setEmulatedMedia",
                Map.of("media", "print", "features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
    }

    /** Whether pages may run their scripts; holds from the next page on. */
    void scripts(boolean allowed) throws Exception {
        call("Emulation.setScriptExecutionDisabled", Map.of("value", !allowed));
    }

    /** The value of an expression, as JSON. */
    JsonNode ask(String expression) throws Exception {
        JsonNode answer =
                call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.path("exceptionDetails"));
        }
        return answer.path("result").path("value");
    }

    /** Waits until an expression is true. */
    void await(String expression) throws Exception {
        long until = System.nanoTime() + LIMIT.toNanos();
        while (!ask(expression).asBoolean(false)) {
            if (System.nanoTime() > until) {
                throw new AssertionError("never came true: " + expression);
            }
            Thread.sleep(30);
        }
    }

    /** Presses a key that is no letter: {@code Tab}, {@code Enter}, {@code ArrowDown}, {@code Space}, {@code Home}. */
    void press(String key) throws Exception {
        int code = switch (key) {
            case "Tab" -> 9;
            case "Enter" -> 13;
            case "Space" -> 32;
            case "End" -> 35;
            case "Home" -> 36;
            case "ArrowLeft" -> 37;
            case "ArrowUp" -> 38;
            case "ArrowRight" -> 39;
            case "ArrowDown" -> 40;
            default -> throw new IllegalArgumentException(key);
        };
        String text = key.equals("Enter") ? "\r" : key.equals("Space") ? " " : "";
        String name = key.equals("Space") ? " " : key;
        call(
                "Input.dispatchKeyEvent",
                Map.of(
                        "type",
                        text.isEmpty() ? "rawKeyDown" : "keyDown",
                        "key",
                        name,
                        "code",
                        key,
                        "windowsVirtualKeyCode",
                        code,
                        "text",
                        text));
        call(
                "Input.dispatchKeyEvent",
                Map.of("type", "keyUp", "key", name, "code", key, "windowsVirtualKeyCode", code));
    }

    /** Presses Tab until an element has the focus. */
    void tabTo(String selector) throws Exception {
        for (int i = 0; i < 200; i++) {
            press("Tab");
            if (ask("document.activeElement !== null && document.activeElement.matches(" + quoted(selector) + ")")
                    .asBoolean(false)) {
                return;
            }
        }
        throw new AssertionError("200 times Tab do not lead to " + selector);
    }

    /** Types text where the focus is. */
    void type(String text) throws Exception {
        call("Input.insertText", Map.of("text", text));
    }

    byte[] screenshot(boolean whole) throws Exception {
        return Base64.getDecoder()
                .decode(call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", whole))
                        .path("data")
                        .asString());
    }

    /** As it would be printed on A4. */
    byte[] pdf() throws Exception {
        return Base64.getDecoder()
                .decode(call("Page.printToPDF", Map.of("preferCSSPageSize", true, "printBackground", true))
                        .path("data")
                        .asString());
    }

    List<String> complaints() {
        return List.copyOf(complaints);
    }

    List<String> requests() {
        return List.copyOf(requests);
    }

    static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    private JsonNode call(String method, Map<String, Object> parameters) throws Exception {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        String message = JSON.writeValueAsString(
                session.isEmpty()
                        ? Map.of("id", id, "method", method, "params", parameters)
                        : Map.of("id", id, "method", method, "params", parameters, "sessionId", session));
        socket.sendText(message, true).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        try {
            return answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError(method + " " + parameters + ": " + e, e);
        } finally {
            answers.remove(id);
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                JsonNode message = JSON.readTree(text.toString());
                text.setLength(0);
                heard(message);
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }

        private void heard(JsonNode message) {
            JsonNode parameters = message.path("params");
            if (message.has("id")) {
                CompletableFuture<JsonNode> answer =
                        answers.get(message.path("id").asInt());
                if (answer != null && message.has("error")) {
                    answer.completeExceptionally(
                            new IOException(message.path("error").toString()));
                } else if (answer != null) {
                    answer.complete(message.path("result"));
                }
                return;
            }
            String method = message.path("method").asString("");
            switch (method) {
                case "Runtime.exceptionThrown", "Log.entryAdded" -> complaints.add(parameters.toString());
                case "Runtime.consoleAPICalled" -> complaints.add("console: " + parameters);
                case "Page.javascriptDialogOpening" -> complaints.add("dialog: " + parameters);
                case "Network.requestWillBeSent" ->
                    requests.add(parameters.path("request").path("url").asString(""));
                default -> {
                    CompletableFuture<JsonNode> waiting = awaited.remove(method);
                    if (waiting != null) {
                        waiting.complete(parameters);
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        socket.abort();
        http.close();
        end(process);
    }

    private static void end(Process process) {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        children.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
    }
}
