package holdfast.template;

import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Locale;

/**
 * Renders the text that can land on nodes. Strict: a value that is not there is an error that names template,
 * line and variable; numbers and booleans have no locale; templates cannot create or reach Java objects.
 */
public final class Templates {

    private final Configuration configuration = new Configuration(Configuration.VERSION_2_3_34);

    /** @param loader finds {@code templates/} on its class path */
    public Templates(ClassLoader loader) {
        configuration.setClassLoaderForTemplateLoading(loader, "templates");
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
     * @throws IllegalStateException naming template, line and variable
     */
    public String render(String name, Record model) {
        StringWriter text = new StringWriter();
        try {
            configuration.getTemplate(name + ".ftl").process(model, text);
        } catch (TemplateException e) {
            throw new IllegalStateException(
                    "template %s.ftl, line %d: %s".formatted(name, e.getLineNumber(), e.getMessageWithoutStackTop()),
                    e);
        } catch (IOException e) {
            throw new IllegalStateException("template %s.ftl: %s".formatted(name, e.getMessage()), e);
        }
        return text.toString();
    }
}
