package holdfast.lab.container;

/** The Debian release under a practice node: Proxmox VE 8 stands on bookworm, 9 on trixie. */
public enum Release {
    BOOKWORM("bookworm"),
    TRIXIE("trixie");

    private final String codename;

    Release(String codename) {
        this.codename = codename;
    }

    public String codename() {
        return codename;
    }
}
