package holdfast.run;

import holdfast.probe.Shape;
import holdfast.text.Shell;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * The one script that reads everything from a node in one round trip. It changes nothing: its only files are
 * the answers themselves, in a private directory on a tmpfs that it removes.
 *
 * <p>All probes run side by side, each under {@code timeout}, each answer at most {@value #ANSWER_LIMIT} bytes
 * long ({@code ulimit -f} ends a command that prints more). A process that not even KILL ends (a hung
 * {@code /etc/pve} can do that) does not hold the others back: a watchdog stops the waiting.
 *
 * @param nonce the random word that marks our lines among whatever else the node prints
 * @param shapes the probes' commands, each name once
 */
record CollectScript(String nonce, List<Shape> shapes) {

    /** How much of one answer is kept: what pmxcfs allows for one file. */
    static final int ANSWER_LIMIT = 1024 * 1024;

    CollectScript {
        shapes = List.copyOf(shapes);
        if (shapes.stream().map(Shape::name).distinct().count() != shapes.size()) {
            throw new IllegalArgumentException("two probes share a name");
        }
    }

    static CollectScript of(Collection<Shape> shapes) {
        return new CollectScript(RootSession.nonce(), List.copyOf(shapes));
    }

    /** The first bytes of our own output; the moment of their arrival dates the node's clock. */
    byte[] marker() {
        return (nonce + " hello ").getBytes(StandardCharsets.UTF_8);
    }

    /** After this long the script gives up waiting and prints what it has. */
    Duration limit() {
        return shapes.stream()
                .map(Shape::limit)
                .max(Duration::compareTo)
                .orElse(Duration.ofSeconds(1))
                .plusSeconds(4);
    }

    /** More than this cannot be ours. */
    long outputLimit() {
        return 4L * 1024 * 1024 + 64L * 1024 * shapes.size();
    }

    /** The script itself. It is one compound command, so that a cut-off copy of it runs nothing at all. */
    String text() {
        StringBuilder text = new StringBuilder(4096);
        text.append("""
                main() {
                N=%s
                umask 077
                printf '\\n%%s hello %%s %%s\\n' "$N" "$(id -u)" "$(date +%%s.%%N)"
                [ "$(id -u)" = 0 ] || exit 0
                d= w= p=
                trap ':' USR1
                # Before there is anything to remove, so that no signal can come in between; again, when a probe that
                # was just starting put its answer where the first attempt had already looked.
                trap '[ -z "$d" ] || rm -rf "$d" 2>/dev/null || { sleep 0.2; rm -rf "$d"; }' EXIT
                trap 'kill $p $w 2>/dev/null; exit 143' TERM HUP INT
                # Nobody reads any more: without a trap of its own this signal would skip the one above.
                trap 'kill $p $w 2>/dev/null; exit 141' PIPE
                for t in /run /dev/shm /tmp; do d=$t/holdfast.${N#holdfast-}; mkdir "$d" 2>/dev/null && break; d=; done
                [ -n "$d" ] || { printf '\\n%%s nowhere\\n' "$N"; exit 0; }
                ( trap 'kill $s 2>/dev/null; exit 0' TERM; sleep %d & s=$!; wait $s; kill -USR1 $$ ) >/dev/null 2>&1 </dev/null &
                w=$!
                run() {
                ( ulimit -f %d; timeout -k 2 "$2" /bin/sh -c "$3" >"$d/$1.o" 2>"$d/$1.e" </dev/null; echo $? >"$d/$1.r" ) >/dev/null 2>&1 </dev/null &
                p="$p $!"
                }
                """.formatted(nonce, limit().toSeconds(), ANSWER_LIMIT / 512));
        for (Shape shape : shapes) {
            text.append("run %s %s %s\n".formatted(shape.name(), seconds(shape.limit()), Shell.quote(shape.command())));
        }
        text.append("""
                wait $p
                kill $w 2>/dev/null
                cd "$d" || exit 0
                printf '\\n%s index\\n' "$N"
                set -- *.o *.e *.r
                stat -c '%s %n' -- "$@" 2>/dev/null
                printf '%s data\\n' "$N"
                cat -- "$@" 2>/dev/null
                printf '\\n%s end\\n' "$N"
                }
                main
                """);
        return text.toString();
    }

    private static String seconds(Duration limit) {
        return limit.toMillis() % 1000 == 0
                ? Long.toString(limit.toSeconds())
                : "%d.%03d".formatted(limit.toSeconds(), limit.toMillisPart());
    }
}
