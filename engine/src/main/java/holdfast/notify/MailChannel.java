package holdfast.notify;

import holdfast.text.Clean;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Mail through this machine's {@code sendmail}, which every mail system for Unix brings along.
 *
 * @param sendmail the program
 * @param address who gets it
 * @param limit how long handing it over may take
 */
public record MailChannel(String sendmail, String address, Duration limit) implements Channel {

    /** The part of RFC 5321's addresses that people use; none begins with a dash, so none is an option. */
    private static final Pattern ADDRESS =
            Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._%+=-]{0,63}(@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)?");

    public MailChannel {
        if (!isAddress(address)) {
            throw new IllegalArgumentException("not a mail address: " + Clean.line(address, 100));
        }
    }

    /** Whether it is an address, or a local user's name, that this takes. */
    public static boolean isAddress(String text) {
        return ADDRESS.matcher(text).matches();
    }

    @Override
    public void send(Notice notice) throws NotifyException, InterruptedException {
        // -i: a line with a single dot does not end the message. The recipient stands behind --, never in a header's
        // place.
        Delivery.run(List.of(sendmail, "-i", "--", address), message(notice), limit, name());
    }

    /** The message as RFC 5322 has it; lines end with a line feed, as {@code sendmail} wants them. */
    String message(Notice notice) {
        String body = Base64.getMimeEncoder(76, new byte[] {'\n'})
                .encodeToString(notice.text().getBytes(StandardCharsets.UTF_8));
        return """
                To: %s
                Subject: %s
                Date: %s
                Message-ID: <%s@%s>
                Auto-Submitted: auto-generated
                MIME-Version: 1.0
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: base64

                %s
                """.formatted(
                        address,
                        encoded(notice.headline()),
                        DateTimeFormatter.RFC_1123_DATE_TIME.format(notice.at().atOffset(ZoneOffset.UTC)),
                        notice.id(),
                        Optional.of(notice.controller().replaceAll("[^A-Za-z0-9.-]", ""))
                                .filter(host -> !host.isEmpty())
                                .orElse("localhost"),
                        body);
    }

    /** RFC 2047: a header has ASCII only, and an encoded word at most 75 characters. */
    private static String encoded(String text) {
        String cut = Clean.line(text, 200);
        if (cut.chars().allMatch(point -> point >= 0x20 && point < 0x7f)) {
            return cut;
        }
        StringBuilder words = new StringBuilder();
        StringBuilder part = new StringBuilder();
        for (int point : cut.codePoints().toArray()) {
            part.appendCodePoint(point);
            if (part.toString().getBytes(StandardCharsets.UTF_8).length > 36) {
                words.append(word(part)).append("\n ");
                part.setLength(0);
            }
        }
        return words.append(word(part)).toString();
    }

    private static String word(CharSequence part) {
        return "=?utf-8?B?" + Base64.getEncoder().encodeToString(part.toString().getBytes(StandardCharsets.UTF_8))
                + "?=";
    }

    @Override
    public String name() {
        return "mail to " + address;
    }

    @Override
    public String destination() {
        return "mail\n" + address;
    }
}
