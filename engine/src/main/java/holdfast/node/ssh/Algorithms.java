package holdfast.node.ssh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.cipher.BuiltinCiphers;
import org.apache.sshd.common.cipher.Cipher;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.KeyExchangeFactory;
import org.apache.sshd.common.mac.BuiltinMacs;
import org.apache.sshd.common.mac.Mac;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.signature.Signature;

/** Which algorithms are proposed, and in which order. */
final class Algorithms {

    /** See docs/adr/0001-key-exchange.md. */
    static final List<KeyExchangeFactory> KEX = List.copyOf(NamedFactory.setUpTransformedFactories(
            true,
            List.of(
                    BuiltinDHFactories.mlkem768x25519,
                    BuiltinDHFactories.curve25519,
                    BuiltinDHFactories.curve25519_libssh,
                    BuiltinDHFactories.ecdhp256,
                    BuiltinDHFactories.ecdhp384,
                    BuiltinDHFactories.ecdhp521,
                    BuiltinDHFactories.dhg16_512,
                    BuiltinDHFactories.dhg14_256,
                    BuiltinDHFactories.dhg18_512),
            HostCertificateExchange::of));

    static final List<NamedFactory<Cipher>> CIPHERS = List.of(
            BuiltinCiphers.cc20p1305_openssh,
            BuiltinCiphers.aes128gcm,
            BuiltinCiphers.aes256gcm,
            BuiltinCiphers.aes128ctr,
            BuiltinCiphers.aes192ctr,
            BuiltinCiphers.aes256ctr);

    static final List<NamedFactory<Mac>> MACS = List.of(
            BuiltinMacs.hmacsha256etm, BuiltinMacs.hmacsha512etm, BuiltinMacs.hmacsha256, BuiltinMacs.hmacsha512);

    private static final List<NamedFactory<Signature>> PLAIN = List.of(
            BuiltinSignatures.ed25519,
            BuiltinSignatures.nistp256,
            BuiltinSignatures.nistp384,
            BuiltinSignatures.nistp521,
            BuiltinSignatures.rsaSHA512,
            BuiltinSignatures.rsaSHA256);

    private static final List<NamedFactory<Signature>> CERTIFICATES = List.of(
            BuiltinSignatures.ed25519_cert,
            BuiltinSignatures.nistp256_cert,
            BuiltinSignatures.nistp384_cert,
            BuiltinSignatures.nistp521_cert,
            BuiltinSignatures.rsaSHA512_cert,
            BuiltinSignatures.rsaSHA256_cert);

    static final List<NamedFactory<Signature>> SIGNATURES;

    static {
        List<NamedFactory<Signature>> all = new ArrayList<>(PLAIN);
        all.addAll(CERTIFICATES);
        SIGNATURES = List.copyOf(all);
    }

    private Algorithms() {}

    /**
     * The host key algorithms for a host: what its known keys need first, so that the server shows a key that can be
     * compared. Certificates are asked for only where an authority is known.
     */
    static List<NamedFactory<Signature>> hostKeys(
            Set<String> knownTypes, Optional<String> wish, Consumer<String> notices) {
        List<NamedFactory<Signature>> usual = new ArrayList<>();
        if (knownTypes.contains("cert")) {
            usual.addAll(CERTIFICATES);
        }
        usual.addAll(PLAIN);
        if (wish.isPresent()) {
            List<NamedFactory<Signature>> chosen = choose(
                    wish.get(), usual, name -> NamedResource.findByName(name, String::compareTo, SIGNATURES), notices);
            if (!wish.get().startsWith("+") && !wish.get().startsWith("-")) {
                return chosen;
            }
            usual = new ArrayList<>(chosen);
        }
        List<NamedFactory<Signature>> ordered = new ArrayList<>();
        for (NamedFactory<Signature> factory : usual) {
            if (isKnown(factory.getName(), knownTypes)) {
                ordered.add(factory);
            }
        }
        for (NamedFactory<Signature> factory : usual) {
            if (!ordered.contains(factory)) {
                ordered.add(factory);
            }
        }
        return ordered;
    }

    /** The signatures of one type of host key, certificates left out. */
    static List<NamedFactory<Signature>> ofType(String type) {
        return PLAIN.stream()
                .filter(factory -> isKnown(factory.getName(), Set.of(type)))
                .toList();
    }

    private static boolean isKnown(String algorithm, Set<String> types) {
        if (algorithm.contains("-cert-")) {
            return types.contains("cert");
        }
        return types.contains(algorithm.startsWith("rsa-sha2-") ? "ssh-rsa" : algorithm);
    }

    static List<KeyExchangeFactory> kex(String wish, Consumer<String> notices) {
        return choose(wish, KEX, name -> NamedResource.findByName(name, String::compareTo, allKex()), notices);
    }

    private static List<KeyExchangeFactory> allKex() {
        return NamedFactory.setUpTransformedFactories(
                true,
                BuiltinDHFactories.VALUES.stream()
                        .filter(factory ->
                                !factory.isGroupExchange() && !factory.getName().endsWith("-sha1"))
                        .toList(),
                HostCertificateExchange::of);
    }

    static List<NamedFactory<Cipher>> ciphers(String wish, Consumer<String> notices) {
        return choose(wish, CIPHERS, name -> NamedResource.findByName(name, String::compareTo, CIPHERS), notices);
    }

    static List<NamedFactory<Mac>> macs(String wish, Consumer<String> notices) {
        return choose(wish, MACS, name -> NamedResource.findByName(name, String::compareTo, MACS), notices);
    }

    /** A list as ssh_config writes it: plain, or changing the usual one with {@code +}, {@code -} or {@code ^}. */
    private static <T extends NamedResource> List<T> choose(
            String wish, List<T> usual, Function<String, ? extends T> byName, Consumer<String> notices) {
        char change = wish.charAt(0);
        boolean changes = change == '+' || change == '-' || change == '^';
        List<String> names = Arrays.stream((changes ? wish.substring(1) : wish).split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        if (change == '-') {
            return usual.stream()
                    .filter(item -> names.stream().noneMatch(pattern -> Patterns.matches(item.getName(), pattern)))
                    .toList();
        }
        Set<T> named = new LinkedHashSet<>();
        for (String name : names) {
            List<T> matching = usual.stream()
                    .filter(item -> Patterns.isPattern(name) && Patterns.matches(item.getName(), name))
                    .toList();
            named.addAll(matching);
            T found = byName.apply(name);
            if (found != null) {
                named.add(found);
            } else if (matching.isEmpty()) {
                notices.accept(
                        "the ssh configuration names the algorithm %s, which is not supported here".formatted(name));
            }
        }
        Set<T> result = new LinkedHashSet<>();
        if (change == '+') {
            result.addAll(usual);
        }
        result.addAll(named);
        if (change == '^') {
            result.addAll(usual);
        }
        if (result.isEmpty()) {
            notices.accept("no algorithm of '%s' is supported here: the usual ones are used".formatted(wish));
            return usual;
        }
        return List.copyOf(result);
    }
}
