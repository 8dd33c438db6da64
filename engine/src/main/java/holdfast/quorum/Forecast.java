package holdfast.quorum;

/**
 * What a loss would leave.
 *
 * @param quorate whether all that are left keep quorum
 * @param votes the votes that would surely be left
 * @param needed the votes that would be needed then
 * @param because the arithmetic, in one sentence
 * @param oneByOne whether it would survive if they went one after the other, although it would not at once
 */
public record Forecast(boolean quorate, int votes, int needed, String because, boolean oneByOne) {}
