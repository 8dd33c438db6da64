package holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against a real server; every connection takes its password from a password file. */
@Tag("postgresql")
final class PostgresqlStoreTest extends StoreContract {

    @SuppressWarnings("NullAway.Init")
    private static PostgresqlServer server;

    @SuppressWarnings("NullAway.Init")
    private String database;

    @BeforeAll
    static void start() throws IOException, InterruptedException, SQLException {
        server = PostgresqlServer.start();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @BeforeEach
    void createDatabase() throws SQLException {
        database = server.database();
    }

    @Override
    StoreAddress address() {
        return new StoreAddress.Server(server.url(database));
    }

    @Override
    Connection behind() throws SQLException {
        return server.connect(database);
    }

    @Test
    void aWrongUserIsToldWhereThePasswordBelongs() {
        StoreAddress address =
                new StoreAddress.Server(server.url(database).replace("user=" + PostgresqlServer.USER, "user=eve"));
        assertThatThrownBy(() -> Store.open(address, state))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("~/.pgpass")
                .hasMessageContaining("PGPASSFILE");
    }

    @Test
    void aMissingDatabaseAndAServerThatIsAwayAreNamed() throws IOException {
        assertThatThrownBy(() -> Store.open(new StoreAddress.Server(server.url("nothing")), state))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("make the database first");
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        assertThatThrownBy(() -> Store.open(
                        new StoreAddress.Server("jdbc:postgresql://127.0.0.1:%d/x?user=y".formatted(closed)), state))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("check the host and port");
    }

    @Test
    void aWriterThatWaitsTooLongForAnotherSaysSo() throws SQLException, StoreException {
        try (Store store = open();
                Connection other = behind();
                Statement holding = other.createStatement();
                Connection waiting = behind();
                Statement statement = waiting.createStatement()) {
            assertThat(store.list(Filter.ALL)).isEmpty();
            other.setAutoCommit(false);
            new PostgresqlDatabase("").beginWriting(other);
            statement.execute("SET lock_timeout = 300");
            assertThatThrownBy(() -> new PostgresqlDatabase("x").beginWriting(waiting))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            problem -> assertThat(new PostgresqlDatabase("x")
                                            .explained(problem, "written")
                                            .why())
                                    .contains("another holdfast has been writing"));
            holding.execute("ROLLBACK");
        }
    }

    @Test
    void tablesOfSomethingElseAreLeftAlone() throws SQLException {
        try (Connection connection = behind();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE entry (x INTEGER)");
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("tables of something else");
    }

    @Test
    void aDatabaseThatTwoFindEmptyGetsItsTablesOnce() throws Exception {
        Thread[] threads = new Thread[4];
        Exception[] problems = new Exception[threads.length];
        for (int i = 0; i < threads.length; i++) {
            int number = i;
            threads[i] = Thread.ofPlatform().start(() -> {
                try (Store store = open()) {
                    store.add(SomeRuns.fleet(number, 2, 3), Optional.empty());
                } catch (StoreException e) {
                    problems[number] = e;
                }
            });
        }
        for (Thread thread : threads) {
            thread.join(60_000);
        }
        assertThat(problems).containsOnlyNulls();
        try (Store store = open()) {
            assertThat(store.list(Filter.ALL)).hasSize(threads.length);
        }
    }
}
