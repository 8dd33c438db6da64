package holdfast.check;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The facts about a check that never depend on a node. The id comes from the class's name. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface CheckInfo {

    /** The wanted state as a statement, without "ensure" and without a full stop. */
    String title();

    Severity severity();

    /** Words for {@code --tags}, beside the area, which is always one. */
    String[] tags() default {};

    /** Where the demand comes from, such as {@code CIS Debian 12 5.1.20}. */
    String[] references();

    /** Whether it asks about Proxmox VE itself, and is skipped on other machines. */
    boolean proxmoxOnly() default true;
}
