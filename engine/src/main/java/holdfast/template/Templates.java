package holdfast.template;

import freemarker.core.ParseException;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import holdfast.problem.Problem;
import holdfast.problem.Problems;
import holdfast.problem.ProblemsException;
import holdfast.problem.Where;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Renders the text that can land on nodes. Strict: a value that is not there is an error that names template, line and
 * variable; numbers and booleans have no locale; values are of types that cannot add a line or a directive; and a
 * template has no way to a file, another template or a Java object.
 *
 * <p>A user may replace templates. A mistake in one of those is a {@link ProblemsException}, and a mistake in one of
 * ours an {@link IllegalStateException}.
 */
public final class Templates {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*/[a-z][a-z0-9-]*(\\.[a-z0-9-]+)*");

    private final Configuration configuration = new Configuration(Configuration.VERSION_2_3_34);
    private final Map<String, Template> parsed = new ConcurrentHashMap<>();
    private final ClassLoader loader;
    private final Map<String, OwnTemplates.Own> own;

    /** @param loader finds {@code templates/} on its class path */
    public Templates(ClassLoader loader) {
        this(loader, Optional.empty());
    }

    /**
     * With a user's own templates: {@code DIRECTORY/sshd/root-login.conf.ftl} replaces the one that is built in. They
     * are read now; {@link #verify} tells what is wrong in them.
     *
     * @param loader finds {@code templates/} on its class path
     * @throws ProblemsException when a file cannot be read or is not a plain file inside the directory
     */
    public Templates(ClassLoader loader, Optional<Path> directory) {
        this.loader = loader;
        Problems problems = new Problems();
        own = directory.map(path -> OwnTemplates.read(path, problems)).orElse(Map.of());
        problems.throwIfAny();
        // Templates are handed over as text. Whatever asks for another one finds nothing.
        configuration.setTemplateLoader(null);
        configuration.setTagSyntax(Configuration.ANGLE_BRACKET_TAG_SYNTAX);
        configuration.setInterpolationSyntax(Configuration.LEGACY_INTERPOLATION_SYNTAX);
        configuration.setRecognizeStandardFileExtensions(false);
        configuration.setDefaultEncoding("UTF-8");
        configuration.setLocale(Locale.ROOT);
        configuration.setNumberFormat("computer");
        configuration.setBooleanFormat("c");
        configuration.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        configuration.setLogTemplateExceptions(false);
        configuration.setWrapUncheckedExceptions(true);
        configuration.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        configuration.setAPIBuiltinEnabled(false);
    }

    /**
     * The template's text for these values.
     *
     * @param name below {@code templates/}, without {@code .ftl}
     * @param model a record of integers, booleans, enumerations that are {@link holdfast.text.Labelled}, values that
     *     are {@link holdfast.text.Printable}, and lists of those
     * @throws ProblemsException for a mistake in a user's template, with file and line
     * @throws IllegalStateException naming template, line and variable
     */
    public String render(String name, Record model) {
        Map<String, Object> values = Values.of(name, model);
        StringWriter text = new StringWriter();
        try {
            parsed(name).process(values, text);
        } catch (TemplateException e) {
            throw mistake(
                    name, orZero(e.getLineNumber()), orZero(e.getColumnNumber()), e.getMessageWithoutStackTop(), e);
        } catch (IOException e) {
            throw new IllegalStateException("template %s.ftl: %s".formatted(name, e.getMessage()), e);
        }
        return text.toString();
    }

    /**
     * The template as it is written, the user's where there is one.
     *
     * @throws IllegalStateException when there is none of this name
     */
    public String source(String name) {
        OwnTemplates.Own mine = own.get(name + ".ftl");
        if (mine != null) {
            return mine.source();
        }
        if (!NAME.matcher(name).matches()) {
            throw new IllegalStateException("no template can have the name " + name);
        }
        try (InputStream input = loader.getResourceAsStream("templates/" + name + ".ftl")) {
            if (input == null) {
                throw new IllegalStateException("there is no template %s.ftl".formatted(name));
            }
            return new String(input.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The user's file that replaces this template. */
    public Optional<Path> replacement(String name) {
        return Optional.ofNullable(own.get(name + ".ftl")).map(OwnTemplates.Own::file);
    }

    /**
     * Finds every mistake in the user's own templates before a node is contacted: files that replace nothing, syntax,
     * what is not allowed, and variables that are not there.
     *
     * @param known all templates that there are
     * @throws ProblemsException with all of them
     */
    public void verify(Collection<Snippet> known) {
        Problems problems = new Problems();
        List<String> files = known.stream().map(one -> one.name() + ".ftl").toList();
        own.forEach((file, mine) -> {
            if (!files.contains(file)) {
                problems.add(
                        Where.in(mine.file().toString()),
                        "replaces no template%s; 'holdfast templates' lists them"
                                .formatted(Problems.hint(file, files)));
            }
        });
        known.stream()
                .filter(one -> replacement(one.name()).isPresent())
                .flatMap(one -> mistakes(one).stream())
                .forEach(one -> problems.add(one.where(), one.message()));
        problems.throwIfAny();
    }

    /** Everything that is wrong with a template, as far as it can be told without values. */
    List<Problem> mistakes(Snippet snippet) {
        Problems problems = new Problems();
        String name = snippet.name();
        Strict strict = Strict.read(source(name));
        strict.mistakes().forEach(one -> problems.add(where(name, one.line(), one.column()), one.message()));
        List<String> variables =
                snippet.variables().stream().map(Snippet.Variable::name).toList();
        strict.uses().stream()
                .filter(use -> !variables.contains(use.name()))
                .forEach(use -> problems.add(
                        where(name, use.line(), use.column()),
                        "there is no variable \"%s\"%s; 'holdfast templates %s' lists them"
                                .formatted(use.name(), Problems.hint(use.name(), variables), name)));
        try {
            syntax(name);
        } catch (ParseException e) {
            problems.add(where(name, orZero(e.getLineNumber()), orZero(e.getColumnNumber())), e.getEditorMessage());
        }
        return problems.list();
    }

    private Template parsed(String name) {
        Template known = parsed.get(name);
        if (known != null) {
            return known;
        }
        for (Strict.Mistake one : Strict.read(source(name)).mistakes()) {
            throw mistake(name, one.line(), one.column(), one.message(), null);
        }
        Template template;
        try {
            template = syntax(name);
        } catch (ParseException e) {
            throw mistake(name, orZero(e.getLineNumber()), orZero(e.getColumnNumber()), e.getEditorMessage(), e);
        }
        parsed.put(name, template);
        return template;
    }

    private Template syntax(String name) throws ParseException {
        try {
            return new Template(name + ".ftl", source(name), configuration);
        } catch (ParseException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Where where(String name, int line, int column) {
        return new Where(replacement(name).map(Path::toString).orElse("templates/" + name + ".ftl"), line, column);
    }

    private RuntimeException mistake(String name, int line, int column, String message, @Nullable Exception cause) {
        return own.containsKey(name + ".ftl")
                ? new ProblemsException(List.of(new Problem(where(name, line, column), message)))
                : new IllegalStateException("template %s.ftl, line %d: %s".formatted(name, line, message), cause);
    }

    private static int orZero(@Nullable Integer number) {
        return number == null ? 0 : Math.max(0, number);
    }
}
