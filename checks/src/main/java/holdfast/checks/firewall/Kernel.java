package holdfast.checks.firewall;

import holdfast.policy.InputPolicy;
import holdfast.probe.Reading;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the kernel really does with incoming packets, of one address family.
 *
 * @param hooked whether INPUT leads into Proxmox's chain
 * @param bypass a rule before the hook, or where Proxmox would append it, that lets everything in; empty when there
 *     is none
 * @param hostChain whether that chain leads on to the host's rules: it does not while host.fw says {@code enable: 0}
 * @param policy what happens to packets that no rule names; empty when the last rule is not understood
 */
record Kernel(boolean hooked, Optional<String> bypass, boolean hostChain, Optional<InputPolicy> policy) {

    /** What keeps a rule from letting in everything: a source, an interface, a port, or a connection that is known. */
    private static final Pattern RESTRICTED =
            Pattern.compile(" (-s|-i|--src-range|--dports?|--ctstate|--state|--match-set) ");

    /** Understands iptables-save(8): pve-firewall's chains are PVEFW-INPUT and PVEFW-HOST-IN. */
    static Kernel parse(String rules) {
        List<String> input = rules.lines()
                .filter(line -> line.startsWith("-A INPUT "))
                .map(String::strip)
                .toList();
        int hook = input.indexOf("-A INPUT -j PVEFW-INPUT");
        Optional<String> bypass = input.subList(0, hook < 0 ? input.size() : hook).stream()
                .filter(line ->
                        line.endsWith("-j ACCEPT") && !RESTRICTED.matcher(line).find())
                .findFirst();
        boolean host = rules.lines().anyMatch(line -> line.strip().equals("-A PVEFW-INPUT -j PVEFW-HOST-IN"));
        Optional<InputPolicy> policy = rules.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("-A PVEFW-HOST-IN ") && !line.contains("PVESIG:"))
                .reduce((first, last) -> last)
                .flatMap(Kernel::policy);
        return new Kernel(hook >= 0, bypass, host, policy);
    }

    private static Optional<InputPolicy> policy(String last) {
        return switch (last.substring("-A PVEFW-HOST-IN ".length())) {
            case "-j DROP", "-g PVEFW-drop" -> Optional.of(InputPolicy.DROP);
            case "-g PVEFW-reject", "-j PVEFW-reject", "-j REJECT" -> Optional.of(InputPolicy.REJECT);
            case "-j ACCEPT", "-j RETURN" -> Optional.of(InputPolicy.ACCEPT);
            default -> Optional.empty();
        };
    }

    /** @param text what was printed, or why it was not */
    static Reading<Kernel> read(Reading<String> text) {
        return text.then(rules -> Reading.known(parse(rules)));
    }
}
