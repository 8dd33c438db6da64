package holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class SqliteStoreTest extends StoreContract {

    private Path file() {
        return state.resolve("deep/er/history.db");
    }

    @Override
    StoreAddress address() {
        return new StoreAddress.File(file());
    }

    @Override
    Connection behind() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file());
    }

    /** The store that a user has for himself: what follows his own last entry was put in, however well it is chained. */
    @Test
    void anEntryThatWasForgedBehindTheLastOneIsFound() throws Exception {
        Path own = state.resolve("history.db");
        String forged;
        try (Store store = Store.open(new StoreAddress.File(own), state)) {
            store.add(SomeRuns.fleet(1, 2, 3), Optional.empty());
            store.add(SomeRuns.fleet(2, 2, 3), Optional.empty());
            store.approve(SomeRuns.id(1), "ann", "because", Instant.EPOCH);
            assertThat(store.verify(Claims.NONE).faults()).isEmpty();
            assertThat(store.verify(Claims.NONE).notes()).isEmpty();
            store.approve(SomeRuns.id(2), "eve", "because", Instant.EPOCH);
            forged = Files.readString(noted());
        }
        // As if eve had chained her approval without this program: the note is of the entry before.
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + own);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT digest FROM entry WHERE seq = 3")) {
            Files.writeString(noted(), forged.replaceFirst("^\\S+ \\S+", row.getString(1) + " 3"));
        }
        try (Store store = Store.open(new StoreAddress.File(own), state)) {
            assertThat(store.verify(Claims.NONE).faults())
                    .singleElement()
                    .satisfies(fault -> assertThat(fault.what()).contains("1 entry came after", "the approval of run"));
            Files.delete(noted());
            assertThat(store.verify(Claims.NONE).notes()).anyMatch(note -> note.contains("vouches"));
        }
    }

    private Path noted() throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("history-heads"))) {
            return files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void nobodyElseCanReadIt() throws StoreException, IOException {
        open().close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file().resolveSibling(""))))
                .isEqualTo("rwx------");
    }

    @Test
    void aFileThatOthersCanWriteOrExchangeIsRefused() throws StoreException, IOException {
        open().close();
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-rw----"));
        assertThatThrownBy(this::open).hasMessageContaining("chmod go-w");
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(file().resolveSibling(""), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(this::open).hasMessageContaining("could exchange it");
    }

    @Test
    void aSymbolicLinkAndADirectoryAreRefused() throws IOException {
        Path link = Files.createSymbolicLink(state.resolve("link.db"), state.resolve("elsewhere.db"));
        assertThatThrownBy(() -> Store.open(new StoreAddress.File(link), state)).hasMessageContaining("symbolic link");
        assertThat(state.resolve("elsewhere.db")).doesNotExist();
        assertThatThrownBy(() -> Store.open(new StoreAddress.File(Files.createDirectory(state.resolve("d"))), state))
                .hasMessageContaining("not a plain file");
    }

    @Test
    void whatIsNoDatabaseIsNamedAndLeftAlone() throws IOException {
        Path file = Files.writeString(state.resolve("notes.txt"), "shopping list, not a database\n".repeat(50));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(() -> Store.open(new StoreAddress.File(file), state))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("no SQLite database");
        assertThat(file).content().startsWith("shopping list");
    }

    @Test
    void aSecondRunThatSaysTheSameAddsLittle() throws StoreException, IOException {
        try (Store store = open()) {
            store.add(SomeRuns.fleet(1, 200, 60), Optional.empty());
            long first = Files.size(file());
            store.add(SomeRuns.fleet(2, 200, 60), Optional.empty());
            long second = Files.size(file()) - first;
            // Five checks of every node measured something else.
            assertThat(second).isLessThan(first / 10).isLessThan(200 * 5 * 120);
            for (int day = 3; day < 12; day++) {
                store.add(SomeRuns.fleet(day, 200, 60), Optional.empty());
            }
            assertThat((Files.size(file()) - first) / 10).isLessThan(200 * 5 * 120);
        }
    }

    @Test
    void anAddressIsAFileOrAServerAndHoldsNoPassword() throws StoreException {
        assertThat(StoreAddress.of("/var/lib/x.db")).isEqualTo(new StoreAddress.File(Path.of("/var/lib/x.db")));
        assertThat(StoreAddress.of("jdbc:postgresql://db/holdfast?user=x"))
                .isEqualTo(new StoreAddress.Server("jdbc:postgresql://db/holdfast?user=x"));
        for (String secret : new String[] {
            "jdbc:postgresql://ann:secret@db/holdfast",
            "jdbc:postgresql://db/holdfast?password=secret",
            "jdbc:postgresql://db/holdfast?user=x&PassWord=secret",
            "jdbc:postgresql://db/holdfast?pass%77ord=secret",
            "jdbc:postgresql://db/holdfast?sslpassword=secret"
        }) {
            assertThatThrownBy(() -> StoreAddress.of(secret))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("~/.pgpass")
                    .hasMessageNotContaining("secret");
        }
        for (String other :
                new String[] {"jdbc:mysql://ann:secret@db/x", "postgres://ann:secret@db/x", "", "/tmp/a?b"}) {
            assertThatThrownBy(() -> StoreAddress.of(other))
                    .isInstanceOf(StoreException.class)
                    .hasMessageNotContaining("secret");
        }
    }
}
