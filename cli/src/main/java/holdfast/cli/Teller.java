package holdfast.cli;

import holdfast.notify.Channel;
import holdfast.notify.Notice;
import holdfast.notify.NotifyException;
import holdfast.notify.Telling;
import holdfast.notify.Topic;
import holdfast.run.Run;
import holdfast.store.Store;
import holdfast.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tells each way what it has not been told yet, and remembers what it was told only when that arrived. */
final class Teller {

    /** Longer than the slowest way may take. */
    private static final Duration CLAIM = Duration.ofMinutes(5);

    private final List<Channel> channels;
    private final Set<Topic> topics;
    private final Notices notices;

    Teller(List<Channel> channels, Set<Topic> topics, Notices notices) {
        this.channels = channels;
        this.topics = topics;
        this.notices = notices;
    }

    /** What is news on one way. */
    private interface News {
        Telling after(Map<String, String> told);
    }

    /**
     * Tells what is news after a run.
     *
     * @param baseline the run to begin with where a way was never told anything
     * @return whether all that is news has arrived
     */
    boolean tell(Archive archive, Run run, Optional<Run> baseline) throws InterruptedException {
        return send(archive, run.context().series(), Optional.of(run), told -> Telling.of(run, told, baseline, topics));
    }

    /** Tells that a run went wrong before it began; what goes wrong with that is told, and nothing more. */
    void failed(StoreOptions store, String series, String message) throws InterruptedException {
        if (channels.isEmpty()) {
            return;
        }
        try (Archive archive = Archive.open(store, true, notices)) {
            send(archive, series, Optional.empty(), told -> Telling.ofFailure(message, told, topics));
        } catch (UsageError e) {
            // Without a store nobody knows whether this was told before: better twice than never.
            Telling telling = Telling.ofFailure(message, Map.of(), topics);
            for (Channel channel : channels) {
                if (!telling.events().isEmpty()) {
                    deliver(channel, series, Optional.empty(), telling);
                }
            }
        }
    }

    private boolean send(Archive archive, String series, Optional<Run> run, News news) throws InterruptedException {
        boolean all = true;
        for (Channel channel : channels) {
            try {
                // Who chose other topics before was told other things.
                String way = channel.id() + " " + topics;
                if (!archive.store().claim(series, way, Instant.now(), CLAIM)) {
                    notices.accept("another run is just telling %s; the next one tells what is left"
                            .formatted(channel.name()));
                    continue;
                }
                try {
                    all &= send(archive.store(), channel, way, series, run, news);
                } finally {
                    archive.store().release(series, way);
                }
            } catch (StoreException e) {
                all = false;
                notices.trouble("what was told could not be remembered, and may be told again: " + e.why());
            }
        }
        return all;
    }

    private boolean send(Store store, Channel channel, String way, String series, Optional<Run> run, News news)
            throws InterruptedException, StoreException {
        Map<String, String> before = store.told(series, way);
        Telling telling = news.after(before);
        boolean delivered = telling.events().isEmpty() || deliver(channel, series, run, telling);
        store.tell(series, way, delivered ? telling.told() : telling.withoutEvents(before), Instant.now());
        if (telling.events().isEmpty()) {
            notices.accept(
                    before.isEmpty()
                            ? "%s hears of what changes from now on; what is so today counts as known"
                                    .formatted(channel.name())
                            : "nothing new for %s".formatted(channel.name()));
        } else if (delivered) {
            notices.accept("told %s: %d %s"
                    .formatted(
                            channel.name(),
                            telling.events().size(),
                            telling.events().size() == 1 ? "thing" : "things"));
        }
        return delivered;
    }

    private boolean deliver(Channel channel, String series, Optional<Run> run, Telling telling)
            throws InterruptedException {
        try {
            channel.send(Notice.of(
                    series, run.map(Run::id), RunOptions.hostName(), run.map(Run::counts), telling, Instant.now()));
            return true;
        } catch (NotifyException e) {
            notices.trouble("the news were not delivered, and will be with the next run: " + e.why());
            return false;
        }
    }
}
