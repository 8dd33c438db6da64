package holdfast.lab.access;

/** What can be wrong with who may do what; {@link LargeAccess} has every one of them, and says where. */
public enum AccessFault {
    /** A token of {@code root@pam}: its full id. */
    ROOT_TOKEN,
    /** A token that has all rights of its user, {@code privsep} 0: its full id. */
    TOKEN_WITHOUT_SEPARATION,
    /** A token that never ends: its full id. */
    TOKEN_WITHOUT_EXPIRY,
    /** A token that ends within three days: its full id. */
    TOKEN_EXPIRING_SOON,
    /** A token that has ended and is still there: its full id. */
    TOKEN_EXPIRED,
    /** A token whose secret is more than a year old, by what its comment says: its full id. */
    TOKEN_NOT_ROTATED,
    /** A token whose comment names no owner: its full id. */
    TOKEN_WITHOUT_OWNER,
    /** A token whose comment names no purpose: its full id. */
    TOKEN_WITHOUT_PURPOSE,
    /** A token of {@code user.cfg} that has no secret in {@code token.cfg}: its full id. */
    TOKEN_WITHOUT_SECRET,
    /** A secret in {@code token.cfg} whose token is gone: the token's full id. */
    SECRET_WITHOUT_TOKEN,
    /**
     * Administrator, or a role with {@code Permissions.Modify}, {@code Sys.Modify} or {@code Realm.Allocate}, on
     * {@code /} for anybody but {@link LargeAccess#administrators}: the subject as an ACL line has it.
     */
    ADMINISTRATOR_ON_ROOT,
    /** An ACL line for somebody who is gone, as that line names it, or for a pool that is gone, as a path. */
    ORPHANED_ACL,
    /** Rights on one guest after the other where a pool would do: the subject. */
    SINGLE_GUESTS,
    /** Enabled, not expired, no right anywhere: the user. */
    USER_WITHOUT_RIGHTS,
    /** Enabled, not expired, in no line of any log: the user. */
    USER_NEVER_USED,
    /** Enabled, and over: the user. */
    USER_EXPIRED,
    /** Administrator on {@code /} with no second factor that is switched on: the user. */
    ADMINISTRATOR_WITHOUT_SECOND_FACTOR,
    /** A realm that lets its users in with a password alone, and could ask for more: the realm. */
    REALM_WITHOUT_ENFORCED_TFA,
    /** A second factor that is switched on, and no recovery key that is left: the user. */
    NO_RECOVERY_KEYS,
    /** Locked out by wrong second factors: the user. */
    TFA_LOCKED,
    /** {@code root@pam} works day by day: the address that it comes from. */
    ROOT_FOR_DAILY_WORK,
    /** A role of the cluster's own that nobody has: its name. */
    UNUSED_ROLE,
    /** A role with a privilege that this release does not know: its name. */
    UNKNOWN_PRIVILEGE,
    /** An account that does not look like one person's: the user. */
    SHARED_ACCOUNT,
    /** A directory that is asked in the clear: the realm. */
    REALM_WITHOUT_TLS,
    /** A directory whose certificate nobody verifies: the realm. */
    REALM_WITHOUT_VERIFICATION,
    /** WebAuthn is set up for a name that the nodes' certificates do not have: that name. */
    WEBAUTHN_FOR_ANOTHER_NAME,
    /** {@code NoAccess} that a grant further down defeats: the subject. */
    NO_ACCESS_DEFEATED,
    /** May give himself more than he has: the user. */
    MAY_RAISE_OWN_RIGHTS,
    /** A tenant's member with a right outside of the tenant's pools and storages: the user. */
    OUTSIDE_OF_TENANT
}
