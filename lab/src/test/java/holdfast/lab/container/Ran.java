package holdfast.lab.container;

/** What a command in a practice node answered. */
public record Ran(int exit, String out, String err) {}
