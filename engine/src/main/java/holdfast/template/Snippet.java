package holdfast.template;

import holdfast.text.Labelled;
import holdfast.text.Printable;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A template and what it is for.
 *
 * @param name below {@code templates/}, without {@code .ftl}
 * @param target the file on the node that it becomes
 * @param check the id of the check that uses it
 * @param model the record with its values; its components are the template's variables
 */
public record Snippet(String name, String target, String check, Class<? extends Record> model) {

    /**
     * A value that a template may use.
     *
     * @param name as templates write it
     * @param type what it can be, in words
     */
    public record Variable(String name, String type) {}

    /**
     * What the template may use, in the order of the model.
     *
     * @throws IllegalStateException for a component of a type that may not stand in a template
     */
    public List<Variable> variables() {
        return Arrays.stream(model.getRecordComponents())
                .map(component -> new Variable(component.getName(), words(component, component.getGenericType())))
                .toList();
    }

    private String words(RecordComponent component, Type type) {
        if (type instanceof ParameterizedType list && list.getRawType().equals(List.class)) {
            return "list of " + words(component, list.getActualTypeArguments()[0]);
        }
        if (type instanceof Class<?> plain) {
            if (plain == int.class || plain == long.class || plain == Integer.class || plain == Long.class) {
                return "integer";
            }
            if (plain == boolean.class || plain == Boolean.class) {
                return "true or false";
            }
            if (plain.isEnum() && Labelled.class.isAssignableFrom(plain)) {
                return Arrays.stream(plain.getEnumConstants())
                        .map(constant -> ((Labelled) constant).label())
                        .collect(Collectors.joining(" | "));
            }
            if (Printable.class.isAssignableFrom(plain)) {
                return plain.getSimpleName()
                        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                        .toLowerCase(Locale.ROOT);
            }
        }
        throw Values.notAllowed(name, model, component.getName(), type.getTypeName());
    }
}
