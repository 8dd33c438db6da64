package holdfast.notify;

import holdfast.text.Digests;

/** A way to tell somebody. */
public sealed interface Channel permits CommandChannel, WebhookChannel, MailChannel {

    /**
     * Delivers a notice, and comes back when it is delivered.
     *
     * @throws NotifyException when it is not, after all tries that make sense
     * @throws InterruptedException when the thread is interrupted
     */
    void send(Notice notice) throws NotifyException, InterruptedException;

    /** As a message names it, without anything secret. */
    String name();

    /** What it is known by in the store: where it leads, as a digest, since an address may hold a secret. */
    default String id() {
        return Digests.sha256(destination());
    }

    /** Where it leads. */
    String destination();
}
