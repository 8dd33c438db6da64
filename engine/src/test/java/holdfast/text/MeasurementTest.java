package holdfast.text;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MeasurementTest {

    @Test
    void anotherMeasurementIsNoOtherStatement() {
        String today = "it expires in %s, on 2027-01-31".formatted(Measurement.of("%d days", 43));
        String tomorrow = "it expires in %s, on 2027-01-31".formatted(Measurement.of("%d days", 42));
        assertThat(Measurement.shown(today)).isEqualTo("it expires in 43 days, on 2027-01-31");
        assertThat(Measurement.likeness(today))
                .isEqualTo(Measurement.likeness(tomorrow))
                .isNotEqualTo(Measurement.likeness(today.replace("2027", "2028")));
    }

    /** Text that a node wrote must not take what stands around it out of the comparison. */
    @Property
    void marksOfANodeHideNothing(@ForAll String before, @ForAll String after) {
        String hostile = "\ufdd0" + before + "\ufdd1" + after + "\ufdd0";
        String safe = Measurement.plain(hostile);
        assertThat(safe).doesNotContain("\ufdd0", "\ufdd1");
        assertThat(Measurement.likeness(safe)).isEqualTo(safe);
        assertThat(Measurement.shown(Measurement.text(hostile))).isEqualTo(safe);
    }
}
