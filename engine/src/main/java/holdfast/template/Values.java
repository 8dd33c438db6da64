package holdfast.template;

import holdfast.text.CalendarEvent;
import holdfast.text.Labelled;
import holdfast.text.Printable;
import holdfast.text.UnitArgument;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The values of a model as FreeMarker gets them: numbers, booleans, validated texts and lists of those. */
final class Values {

    /** Even a mistake in a type's validation may add neither a line nor a word. */
    private static final Pattern ONE_WORD = Pattern.compile("[A-Za-z0-9_.:/%@+-]{1,300}");

    /** The same for a text in double quotes, of which systemd makes one argument. */
    private static final Pattern ONE_ARGUMENT = Pattern.compile(
            "[A-Za-z0-9_./:=,@+%-]{1,9000}|\"[^\"\\\\\\p{Cntrl}\u2028\u2029]*+(?:\\\\[\"\\\\][^\"\\\\\\p{Cntrl}\u2028\u2029]*+)*+\"");

    /** A time as systemd.time(7) writes one. */
    private static final Pattern ONE_TIME = Pattern.compile("[A-Za-z0-9*:/.,~_+ -]{1,200}");

    private Values() {}

    /** @throws IllegalStateException naming template and component, for a value that may not stand in a template */
    static Map<String, Object> of(String template, Record model) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (RecordComponent component : model.getClass().getRecordComponents()) {
            String name = component.getName();
            values.put(name, plain(template, model.getClass(), name, valueOf(component, model)));
        }
        return values;
    }

    private static @Nullable Object valueOf(RecordComponent component, Record model) {
        try {
            Method accessor = component.getAccessor();
            // Models are often records that only their check and this package know.
            accessor.setAccessible(true);
            return accessor.invoke(model);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    private static Object plain(String template, Class<?> model, String component, @Nullable Object value) {
        return switch (value) {
            case Integer number -> number;
            case Long number -> number;
            case Boolean truth -> truth;
            case Enum<?> constant
            when constant instanceof Labelled labelled -> word(template, model, component, labelled.label());
            case Printable printable -> word(template, model, component, printable.text());
            case CalendarEvent event -> event(template, model, component, event.text());
            case UnitArgument argument -> argument(template, model, component, argument.text());
            case List<?> list ->
                list.stream()
                        .map(item -> {
                            if (item instanceof List) {
                                throw notAllowed(template, model, component, "a list of lists");
                            }
                            return plain(template, model, component, item);
                        })
                        .toList();
            case null -> throw notAllowed(template, model, component, "null");
            default ->
                throw notAllowed(template, model, component, value.getClass().getName());
        };
    }

    private static String word(String template, Class<?> model, String component, String text) {
        if (!ONE_WORD.matcher(text).matches()) {
            throw new IllegalStateException(
                    "template %s.ftl: the component %s of %s has a text that could add a line or a word"
                            .formatted(template, component, model.getName()));
        }
        return text;
    }

    private static String event(String template, Class<?> model, String component, String text) {
        if (!ONE_TIME.matcher(text).matches()) {
            throw new IllegalStateException("template %s.ftl: the component %s of %s has a text that is no time"
                    .formatted(template, component, model.getName()));
        }
        return text;
    }

    private static String argument(String template, Class<?> model, String component, String text) {
        if (!ONE_ARGUMENT.matcher(text).matches()) {
            throw new IllegalStateException(
                    "template %s.ftl: the component %s of %s has a text that is not one argument"
                            .formatted(template, component, model.getName()));
        }
        return text;
    }

    static IllegalStateException notAllowed(String template, Class<?> model, String component, String type) {
        return new IllegalStateException(
                ("template %s.ftl: the component %s of %s is %s; a template takes numbers, booleans, enumerations with"
                                + " a label, printable values, and lists of those")
                        .formatted(template, component, model.getName(), type));
    }
}
