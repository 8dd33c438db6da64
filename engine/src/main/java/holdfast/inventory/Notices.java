package holdfast.inventory;

import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What is said about variables of Ansible's that are not used here. */
final class Notices {

    private Notices() {}

    static List<String> ignored(Set<String> names) {
        List<String> notices = new ArrayList<>();
        List<String> passwords =
                names.stream().filter(Variables::isSecret).map(Clean::line).toList();
        List<String> ssh = names.stream()
                .filter(name -> name.matches("ansible_ssh_(common|extra)?_?args"))
                .toList();
        List<String> others = names.stream()
                .filter(name -> !Variables.isSecret(name) && !ssh.contains(name))
                .map(Clean::line)
                .toList();
        if (!passwords.isEmpty()) {
            notices.add("passwords of the inventory are not used (" + String.join(", ", passwords)
                    + "): -k asks for the login's, -K for sudo's");
        }
        if (!ssh.isEmpty()) {
            notices.add("not used: " + String.join(", ", ssh) + "; write such options (ProxyJump, …) in ~/.ssh/config");
        }
        if (!others.isEmpty()) {
            notices.add("variables of Ansible that holdfast does not use: " + String.join(", ", others));
        }
        return notices;
    }
}
