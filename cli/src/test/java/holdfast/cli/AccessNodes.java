package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.lab.embedded.PracticeNode;
import holdfast.report.AccessReport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;

/** Embedded clusters with users, and {@code holdfast access} over them. */
final class AccessNodes {

    /** A cluster as one finds them: an administrators' group, a deploy token, a pool, somebody who has left. */
    static final String USER_CFG = """
            user:root@pam:1:0::::::
            user:alice@pve:1:0:Alice:Ops:alice@example.com:::
            user:bob@pve:1:0::::::
            user:carol@pve:0:0:::::left in spring:
            user:ci@pve:1:0::::::
            token:ci@pve!deploy:1893456000:1:owner=ops purpose="nightly deploy" created=2026-10-01:
            token:alice@pve!laptop:0:0::

            group:admins:alice@pve:Administrators:
            group:operators:bob@pve,carol@pve::

            pool:web::100,101:local:

            role:Backup:VM.Backup,Datastore.AllocateSpace:

            acl:1:/:@admins:Administrator:
            acl:1:/pool/web:@operators:PVEVMUser:
            acl:1:/storage:bob@pve:Backup:
            acl:1:/vms:ci@pve:PVEVMAdmin:
            acl:0:/vms/100:ci@pve!deploy:PVEVMAdmin:
            acl:1:/vms/200:@operators:NoAccess:
            """;

    private AccessNodes() {}

    /** Gives every node this {@code user.cfg}, and the package that says how to read it. */
    static PracticeCluster with(PracticeCluster cluster, String users) {
        for (PracticeNode node : cluster.nodes()) {
            node.file("/bin/dpkg-query", "#!/bin/sh\necho libpve-access-control 8.2.3 installed\n")
                    .file("/etc/pve/user.cfg", users)
                    .file("/etc/pve/storage.cfg", "dir: local\n\tpath /var/lib/vz\n\nzfspool: tank\n\tpool tank\n");
        }
        return cluster;
    }

    static Invocation access(PracticeCluster cluster, String... more) {
        List<String> words = new ArrayList<>(List.of("access"));
        words.addAll(List.of(more));
        words.addAll(List.of(
                "-i", cluster.inventory().toString(), "-F", cluster.sshConfig().toString(), "--timeout", "2"));
        return Invocation.of(words.toArray(String[]::new));
    }

    /** The answer in JSON, held against its schema. */
    static JsonNode json(Invocation said) {
        try (InputStream schema =
                Objects.requireNonNull(AccessReport.class.getResourceAsStream(AccessReport.SCHEMA_RESOURCE))) {
            assertThat(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                            .getSchema(schema)
                            .validate(said.out(), InputFormat.JSON))
                    .isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return said.json();
    }
}
