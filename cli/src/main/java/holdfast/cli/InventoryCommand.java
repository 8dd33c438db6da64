package holdfast.cli;

import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.text.Clean;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the inventory says, after ranges, groups and variables are merged. */
@Command(
        name = "inventory",
        description = "Shows which nodes the inventory names, and their groups; finds the nodes of a cluster.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {InventoryCommand.ListCommand.class, InventoryCommand.GraphCommand.class, DiscoverCommand.class},
        footer = {
            "",
            "Examples:",
            "  holdfast inventory list -i inventories/fleet -l 'prod:!canary'",
            "  holdfast inventory discover root@pve1.example.com -o lab.yml"
        })
final class InventoryCommand implements Runnable {

    @Override
    public void run() {
        throw new UsageError("inventory needs a word more: list, graph or discover");
    }

    /** The hosts, a line each. */
    @Command(
            name = "list",
            description = "Lists the hosts with address, user and groups; --list prints JSON for Ansible.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            footer = {
                "",
                "Examples:",
                "  holdfast inventory list -i inventories/three-node-cluster.yml",
                "  holdfast inventory list -i inventories/fleet --list | jq ._meta.hostvars"
            })
    static final class ListCommand implements Callable<Integer> {

        private final Terminal terminal;

        @Mixin
        private InventoryOptions inventory = new InventoryOptions();

        @Option(names = "--list", description = "JSON in the shape of an Ansible dynamic inventory")
        private boolean json;

        ListCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            if (json && inventory.limit != null) {
                throw new UsageError("--list shows the whole inventory; leave out --list or -l");
            }
            Inventory loaded = inventory.load();
            List<Host> hosts = inventory.select(loaded);
            loaded.notices().forEach(notice -> terminal.err().println("note: " + Clean.line(notice)));
            if (json) {
                terminal.out().println(loaded.toAnsibleJson().stripTrailing());
                if (!loaded.withheld().isEmpty()) {
                    terminal.err()
                            .println("note: the values of these variables are left out, they look secret: "
                                    + Clean.line(String.join(", ", loaded.withheld())));
                }
                return 0;
            }
            int width =
                    hosts.stream().mapToInt(host -> host.name().length()).max().orElse(4);
            for (Host host : hosts) {
                terminal.out()
                        .println("%s  %s  %s"
                                .formatted(pad(host.name(), width), pad(address(host), 24), groups(host))
                                .stripTrailing());
            }
            return 0;
        }

        private static String address(Host host) {
            if (host.access().local().orElse(false)) {
                return "local";
            }
            return host.access().user().map(user -> user + "@").orElse("")
                    + host.access().host().orElse(host.name())
                    + (host.access().port().isPresent()
                            ? ":" + host.access().port().getAsInt()
                            : "");
        }

        private static String groups(Host host) {
            return String.join(
                    ",",
                    host.groups().stream().filter(group -> !group.equals("all")).toList());
        }

        private static String pad(String text, int width) {
            return text + " ".repeat(Math.max(0, width - text.length()));
        }
    }

    /** The groups as a tree. */
    @Command(
            name = "graph",
            description = "Draws the groups and hosts as a tree.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            footer = {"", "Example:", "  holdfast inventory graph -i inventories/fleet"})
    static final class GraphCommand implements Callable<Integer> {

        private final Terminal terminal;

        @Mixin
        private InventoryOptions inventory = new InventoryOptions();

        GraphCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            if (inventory.limit != null) {
                throw new UsageError("graph shows the whole inventory; 'inventory list -l PATTERN' shows a part of it");
            }
            terminal.out().println(inventory.load().graph().stripTrailing());
            return 0;
        }
    }
}
