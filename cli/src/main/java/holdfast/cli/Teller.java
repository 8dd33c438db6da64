package holdfast.cli;

import holdfast.notify.Channel;
import holdfast.notify.Notice;
import holdfast.notify.NotifyException;
import holdfast.notify.Telling;
import holdfast.notify.Topic;
import holdfast.run.Run;
import holdfast.store.StoreException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tells each way what it has not been told yet, and remembers what it was told only when that arrived. */
final class Teller {

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
            notices.trouble("nobody was told of this: " + e.why());
        }
    }

    private boolean send(Archive archive, String series, Optional<Run> run, News news) throws InterruptedException {
        boolean all = true;
        for (Channel channel : channels) {
            try {
                Telling telling = news.after(archive.store().told(series, channel.id()));
                if (!telling.events().isEmpty()) {
                    channel.send(Notice.of(
                            series,
                            run.map(Run::id),
                            RunOptions.hostName(),
                            run.map(Run::counts),
                            telling,
                            Instant.now()));
                }
                archive.store().tell(series, channel.id(), telling.told(), Instant.now());
            } catch (NotifyException e) {
                all = false;
                notices.trouble("the news were not delivered, and will be with the next run: " + e.why());
            } catch (StoreException e) {
                all = false;
                notices.trouble("what was told could not be remembered, and may be told again: " + e.why());
            }
        }
        return all;
    }
}
