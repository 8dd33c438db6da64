package holdfast.report;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** What a hostile node, or a careless colleague, may say: what formats give a meaning to, and any characters at all. */
final class Hostile {

    /** Fragments, one at a time. */
    static final List<String> FRAGMENTS = List.of(
            "=cmd|' /C calc'!A0",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "]]>",
            "<![CDATA[",
            "</testsuite>",
            "<!DOCTYPE x>",
            "&amp;",
            "&#0;",
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[a](https://evil.example)",
            "![a](https://evil.example/x.png)",
            "<https://evil.example>",
            "https://evil.example/",
            "www.evil.example",
            "a@evil.example",
            "@team",
            "#123",
            "!5",
            "`",
            "``",
            "|",
            "\\|",
            "\\",
            "\\\\|",
            "| --- |",
            "\n",
            "\r\n",
            "\n\n# head\n",
            "- x",
            "1. x",
            "***",
            "_a_",
            "~~a~~",
            "{{ insert: param, x }}",
            "{0}",
            "](1)",
            "\"",
            "'",
            "\u0000",
            "\u001b[31m",
            "\u007f",
            "\u0085",
            "\u00a0",
            "\u2028",
            "\u202e",
            "\ufeff",
            "\uffff",
            "\ud800",
            "\udc00",
            "\ud83d\ude00",
            "\uff1d1",
            " ",
            "a",
            ",",
            ";",
            "\"} 1\nevil{x=\"",
            "# HELP x",
            "../../etc/passwd",
            "file:///x",
            "%00");

    private Hostile() {}

    /** One in every two is made of fragments that formats give a meaning to. */
    static Arbitrary<Said> said() {
        Arbitrary<String> pieces = Arbitraries.of(FRAGMENTS).list().ofMaxSize(5).map(list -> String.join("", list));
        Arbitrary<String> any = Arbitraries.strings().all().ofMaxLength(40);
        return Arbitraries.oneOf(pieces, any, any.flatMap(one -> pieces.map(two -> one + two)))
                .map(Said::new);
    }

    /** One such text. */
    record Said(String text) {
        @Override
        public String toString() {
            StringBuilder out = new StringBuilder();
            text.chars().forEach(c -> out.append(c >= ' ' && c < 127 ? Character.toString(c) : "\\u%04x".formatted(c)));
            return out.toString();
        }
    }
}
