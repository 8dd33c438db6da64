package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.run.Finding;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.commonmark.ext.autolink.AutolinkExtension;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TableBody;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TableHead;
import org.commonmark.ext.gfm.tables.TableRow;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.BulletList;
import org.commonmark.node.Code;
import org.commonmark.node.Document;
import org.commonmark.node.Heading;
import org.commonmark.node.ListItem;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.junit.jupiter.api.Test;

/** The Markdown, read by an implementation of CommonMark with GitHub's tables and its links without marks. */
final class MarkdownReportTest {

    private static final Parser PARSER = Parser.builder()
            .extensions(List.of(TablesExtension.create(), AutolinkExtension.create()))
            .build();

    @Provide
    Arbitrary<Hostile.Said> said() {
        return Hostile.said();
    }

    @Test
    void itSaysWhatFailsTheWorstFirst() {
        String text = MarkdownReport.render(ReportSamples.reported());
        assertThat(text).startsWith("## holdfast: 7 checks fail\n");
        assertThat(text)
                .containsSubsequence(
                        "### What changed",
                        "### Nodes that could not be read (1)",
                        "### Waivers that need somebody (3)",
                        "### What fails (7)",
                        "| critical | `pve1` | `firewall.enabled` |",
                        "| high | `pve1` | `sshd.root-login` |",
                        "| low |",
                        "### What could not be told (2)",
                        "### What is accepted (1)",
                        "`time.synchronized`");
        assertThat(text).contains("its waiver by Noor Haddad <noor@example.com> expired after 2026-10-31");
    }

    @Test
    void aRunWhereAllIsWellSaysSo() {
        assertThat(MarkdownReport.render(ReportSamples.clean()))
                .startsWith("## holdfast: all is as the policy wants it\n");
    }

    @Test
    void aLargeFleetStillFitsIntoACommentAndSaysHowMuchIsMissing() {
        Reported fleet = ReportSamples.fleet(1000, 60);
        String text = MarkdownReport.render(fleet);
        assertThat(text.length()).isBetween(40_000, 65_536);
        assertThat(text).contains("### What fails (" + fleet.run().count(Finding.Status.FAIL) + ")");
        assertThat(text)
                .containsPattern("\n[0-9]+ more left out here for length; the other formats of the report have them");
        assertThat(text).contains("### What is accepted (");
        int shown = (int) text.substring(text.indexOf("### What fails"), text.indexOf("### What could not"))
                        .lines()
                        .filter(line -> line.startsWith("| ") && !line.startsWith("| severity"))
                        .count()
                - 1;
        assertThat(text).contains("\n%d more left out".formatted(fleet.run().count(Finding.Status.FAIL) - shown));
    }

    @Property(tries = 300)
    void whateverNodesSayIsCodeOrWordsInItsOwnCell(@ForAll("said") Hostile.Said evil) {
        String text = MarkdownReport.render(ReportSamples.saying(evil.text()));
        Node document = PARSER.parse(text);
        document.accept(new Strict());
        assertThat(MarkdownReport.render(ReportSamples.saying(evil.text()))).isEqualTo(text);
    }

    @Property(tries = 300)
    void aTableHasTheRowsAndCellsThatWereWritten(@ForAll("said") Hostile.Said evil) {
        String cell = MarkdownText.inline(evil.text(), 300);
        Node document = PARSER.parse("| a | b |\n| --- | --- |\n| " + cell + " | " + cell + " |\n| x | y |\n");
        Node body = document.getFirstChild().getFirstChild().getNext();
        assertThat(body).isInstanceOf(TableBody.class);
        Node row = body.getFirstChild();
        for (Node one = row.getFirstChild(); one != null; one = one.getNext()) {
            Node shown = one.getFirstChild();
            String expected = holdfast.text.Clean.line(evil.text(), 300).strip();
            if (shown == null) {
                assertThat(expected).isEmpty();
            } else {
                String literal = shown instanceof Code code ? code.getLiteral() : ((Text) shown).getLiteral();
                assertThat(literal.strip()).isEqualTo(expected.replace("\\|", "\\\u00a6"));
                assertThat(shown.getNext()).isNull();
            }
        }
        assertThat(row.getNext()).as("the row behind it").isNotNull();
        assertThat(row.getNext().getNext()).isNull();
    }

    /** Nothing but headings, tables, lists, words and code; what is said is in code where it is more than words. */
    private static final class Strict extends AbstractVisitor {
        @Override
        protected void visitChildren(Node parent) {
            int cells = 0;
            for (Node child = parent.getFirstChild(); child != null; child = child.getNext()) {
                assertThat(child)
                        .isInstanceOfAny(
                                Document.class,
                                Heading.class,
                                Paragraph.class,
                                BulletList.class,
                                ListItem.class,
                                TableBlock.class,
                                TableHead.class,
                                TableBody.class,
                                TableRow.class,
                                TableCell.class,
                                Text.class,
                                SoftLineBreak.class,
                                Code.class);
                if (child instanceof Text words) {
                    assertThat(words.getLiteral())
                            .as("nothing that GitHub or GitLab would make a mention, an issue or an address of")
                            .doesNotContainPattern("[@#!~%&$`<>|]|www\\.|://|[0-9a-f]{40}");
                }
                cells += child instanceof TableCell ? 1 : 0;
            }
            if (parent instanceof TableRow row) {
                Node head = ((TableBlock) row.getParent().getParent())
                        .getFirstChild()
                        .getFirstChild();
                int columns = 0;
                for (Node cell = head.getFirstChild(); cell != null; cell = cell.getNext()) {
                    columns++;
                }
                assertThat(cells).isEqualTo(columns);
            }
            super.visitChildren(parent);
        }
    }
}
