package holdfast.report;

import holdfast.probe.Reading;
import holdfast.proxmox.Guest;
import holdfast.proxmox.HighAvailability;
import holdfast.quorum.Answer;
import holdfast.quorum.Forecast;
import holdfast.quorum.Order;
import holdfast.run.QuorumRun;
import holdfast.text.Clean;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answers of {@code holdfast quorum} as {@code holdfast.quorum/1}. New fields may come, none is renamed; the JSON
 * Schema is beside this class.
 */
public final class QuorumReport {

    /** The schema's name, and the value of the field {@code schema}. */
    public static final String SCHEMA = "holdfast.quorum/1";

    /** Where the JSON Schema stands on the class path. */
    public static final String SCHEMA_RESOURCE = "/holdfast/report/quorum-1.schema.json";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private QuorumReport() {}

    /** The report with line breaks and a final line feed. */
    public static String render(QuorumRun run) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(toJson(run)) + "\n";
    }

    static ObjectNode toJson(QuorumRun run) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("schema", SCHEMA);
        root.put("askedAt", run.askedAt().truncatedTo(ChronoUnit.MILLIS).toString());
        root.put("durationMs", run.millis());
        ObjectNode request = root.putObject("question");
        strings(request.putArray("without"), run.request().without());
        request.put("allPresent", run.request().allPresent());
        request.put("plan", run.request().plan());
        root.put("decision", word(run.decision()));
        ArrayNode clusters = root.putArray("clusters");
        run.clusters().forEach(cluster -> cluster(clusters.addObject(), cluster));
        strings(root.putArray("standalone"), run.standalone());
        ArrayNode unplaced = root.putArray("unplaced");
        run.unplaced().forEach(node -> {
            ObjectNode json = unplaced.addObject();
            json.put("node", node.node());
            json.put("error", Clean.line(node.why(), 1000));
        });
        strings(root.putArray("untold"), run.untold());
        return root;
    }

    /** As the field {@code decision} spells it. */
    static String word(Answer.Decision decision) {
        return decision.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static void cluster(ObjectNode json, QuorumRun.Answered cluster) {
        Answer answer = cluster.answer();
        json.put("name", Clean.line(cluster.cluster().name(), 100));
        json.put("id", cluster.cluster().id().orElse(null));
        json.put("decision", word(cluster.decision()));
        strings(json.putArray("reasons"), answer.reasons());
        strings(json.putArray("notes"), answer.notes());
        if (answer.count().isPresent()) {
            Answer.Count count = answer.count().get();
            ObjectNode votes = json.putObject("votes");
            votes.put("quorate", count.quorate());
            votes.put("present", count.present());
            votes.put("expected", count.expected());
            votes.put("configured", count.configured());
            votes.put("needed", count.needed());
            votes.put("margin", count.margin());
        } else {
            json.putNull("votes");
        }
        if (answer.device().isPresent()) {
            Answer.DeviceView view = answer.device().get();
            ObjectNode device = json.putObject("qdevice");
            device.put("votes", view.votes());
            device.put("algorithm", Clean.line(view.algorithm(), 100));
            device.put("host", Clean.line(view.host(), 300));
            strings(device.putArray("countedBy"), view.counting());
            strings(device.putArray("notCountedBy"), view.deaf());
        } else {
            json.putNull("qdevice");
        }
        ArrayNode members = json.putArray("members");
        answer.members().forEach(member -> member(members.addObject(), member));
        answer.forecast()
                .ifPresentOrElse(
                        forecast -> forecast(json.putObject("forecast"), forecast), () -> json.putNull("forecast"));
        ArrayNode losses = json.putArray("losses");
        answer.losses().forEach(loss -> loss(losses.addObject(), loss));
        cluster.order().ifPresentOrElse(order -> plan(json, order), () -> json.putNull("plan"));
    }

    private static void member(ObjectNode json, Answer.Member member) {
        json.put("name", Clean.line(member.name(), 100));
        json.put("node", member.node().orElse(null));
        member.present().ifPresentOrElse(present -> json.put("present", present), () -> json.putNull("present"));
        switch (member.view()) {
            case Answer.View.NotAsked none -> json.put("answer", "not-asked");
            case Answer.View.Silent(var why) -> {
                json.put("answer", "none");
                json.put("error", Clean.line(why, 1000));
            }
            case Answer.View.Told told -> {
                json.put("answer", told.quorate() ? "quorate" : "not-quorate");
                json.put("votes", told.present());
                json.put("expected", told.expected());
                json.put("ringId", Clean.line(told.ringId(), 100));
                told.links().ifPresentOrElse(links -> json.put("links", links), () -> json.putNull("links"));
                json.put("configVersion", told.configVersion().orElse(null));
                json.put(
                        "filesError",
                        told.files().map(why -> Clean.line(why, 1000)).orElse(null));
            }
        }
    }

    private static void forecast(ObjectNode json, Forecast forecast) {
        json.put("quorate", forecast.quorate());
        json.put("votes", forecast.votes());
        json.put("needed", forecast.needed());
        json.put("because", Clean.line(forecast.because(), 1000));
        json.put("oneByOne", forecast.oneByOne());
    }

    private static void loss(ObjectNode json, Answer.Loss loss) {
        json.put("name", Clean.line(loss.name(), 100));
        json.put("present", loss.present());
        switch (loss.guests()) {
            case Reading.Unknown<List<Guest>> unknown -> json.putNull("guests");
            case Reading.Known<List<Guest>>(var guests) -> {
                ArrayNode array = json.putArray("guests");
                guests.forEach(guest -> {
                    ObjectNode one = array.addObject();
                    one.put("id", guest.id());
                    one.put("type", Clean.line(guest.type(), 20));
                });
            }
        }
        switch (loss.services()) {
            case Reading.Unknown<List<HighAvailability.Service>> unknown -> json.putNull("haResources");
            case Reading.Known<List<HighAvailability.Service>>(var known) ->
                services(json.putArray("haResources"), known);
        }
        switch (loss.fenced()) {
            case Reading.Unknown<Boolean> unknown -> json.putNull("fenced");
            case Reading.Known<Boolean>(var fenced) -> json.put("fenced", fenced);
        }
    }

    private static void services(ArrayNode array, List<HighAvailability.Service> services) {
        services.forEach(service -> {
            ObjectNode one = array.addObject();
            one.put("id", Clean.line(service.id(), 100));
            one.put("state", Clean.line(service.state(), 100));
        });
    }

    private static void plan(ObjectNode json, Reading<Order> order) {
        switch (order) {
            case Reading.Unknown<Order> unknown -> json.putNull("plan");
            case Reading.Known<Order>(var known) -> {
                ObjectNode plan = json.putObject("plan");
                plan.put("possible", known.possible());
                ArrayNode steps = plan.putArray("steps");
                known.steps().forEach(step -> {
                    ObjectNode one = steps.addObject();
                    one.put("name", Clean.line(step.name(), 100));
                    one.put("possible", step.possible());
                    one.put("present", step.present());
                    Optional<Integer> guests = step.guests();
                    one.put("guests", guests.orElse(null));
                    step.services()
                            .ifPresentOrElse(
                                    services -> services(one.putArray("haResources"), services),
                                    () -> one.putNull("haResources"));
                    one.put("haMaster", step.master());
                    forecast(one.putObject("forecast"), step.forecast());
                });
            }
        }
    }

    private static void strings(ArrayNode array, List<String> texts) {
        texts.forEach(text -> array.add(Clean.line(text, 1000)));
    }
}
