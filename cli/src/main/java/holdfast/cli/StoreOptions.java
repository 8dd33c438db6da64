package holdfast.cli;

import holdfast.store.Store;
import holdfast.store.StoreAddress;
import holdfast.store.StoreException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the history of runs is kept. */
final class StoreOptions {

    /** Names the store where the option does not. */
    static final String VARIABLE = "HOLDFAST_STORE";

    private static final String NONE = "none";

    @Option(
            names = "--store",
            paramLabel = "FILE|URL",
            description = {
                "the history of runs: a file, jdbc:postgresql://HOST/DATABASE, or none (default: $HOLDFAST_STORE, "
                        + "or history.db beside the journals)"
            })
    @Nullable
    private String store;

    /**
     * Where it is.
     *
     * @throws UsageError when that cannot be told
     */
    StoreAddress address() {
        String chosen = chosen();
        if (none()) {
            throw new UsageError("--store none: there is nothing to read");
        }
        try {
            return StoreAddress.of(
                    chosen.isEmpty() ? state().resolve("history.db").toString() : chosen);
        } catch (StoreException e) {
            throw new UsageError((store != null ? "--store: " : VARIABLE + ": ") + e.why());
        }
    }

    /**
     * Opens it; it is made when it is not there.
     *
     * @throws StoreException when that cannot be done
     */
    Store open() throws StoreException {
        return Store.open(address(), state());
    }

    /**
     * Opens it to read; empty where there is none yet.
     *
     * @throws StoreException when it cannot be opened
     */
    Optional<Store> existing() throws StoreException {
        return address().exists() ? Optional.of(open()) : Optional.empty();
    }

    /** Whether runs are to be kept nowhere. */
    boolean none() {
        return chosen().equals(NONE);
    }

    /** Whether somebody chose a store. */
    boolean named() {
        return !chosen().isEmpty();
    }

    /** The option as a command line has it; empty where it was not given. */
    List<String> words() {
        return store == null ? List.of() : List.of("--store", store);
    }

    private String chosen() {
        return store != null ? store : System.getenv().getOrDefault(VARIABLE, "");
    }

    /** This controller's own state. */
    static Path state() {
        return StateDirectory.path();
    }
}
