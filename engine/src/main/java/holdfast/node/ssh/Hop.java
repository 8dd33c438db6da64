package holdfast.node.ssh;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One entry of a {@code ProxyJump}: {@code [user@]host[:port]}, also as an {@code ssh://} address. */
record Hop(Optional<String> user, String host, OptionalInt port) {

    private static final Pattern SHAPE =
            Pattern.compile("(?:ssh://)?(?:(.+)@)?(?:\\[([^\\]]+)\\]|([^@:\\[\\]/]+))(?::(\\d{1,5}))?/?");

    static Optional<Hop> parse(String text) {
        Matcher matcher = SHAPE.matcher(text);
        if (!matcher.matches()) {
            // A bare IPv6 address.
            return text.indexOf(':') != text.lastIndexOf(':') && text.matches("[0-9a-fA-F:.]+(%\\w+)?")
                    ? Optional.of(new Hop(Optional.empty(), text, OptionalInt.empty()))
                    : Optional.empty();
        }
        @Nullable String bracketed = matcher.group(2);
        @Nullable String plain = matcher.group(3);
        @Nullable String digits = matcher.group(4);
        int port = digits == null ? 0 : Integer.parseInt(digits);
        String host = bracketed == null ? String.valueOf(plain) : bracketed;
        if (port > 65_535 || (digits != null && port == 0) || host.startsWith("-")) {
            return Optional.empty();
        }
        return Optional.of(new Hop(
                Optional.ofNullable(matcher.group(1)),
                host,
                digits == null ? OptionalInt.empty() : OptionalInt.of(port)));
    }
}
