// info: fields, checks, how it was made.
#include "base/text.h"
#include "cli/json.h"
#include "cli/text.h"

namespace fieldstrip::cli {
namespace {

void as_json(Node& n, const std::vector<ShownField>& fields, const std::string& made_by, Context& cx) {
    auto j = json_out();
    j.object()
        .text("schema", "fieldstrip.info/1")
        .bytes("path", n.path())
        .text("format", n.format(cx)->id)
        .number("size", n.extent().size)
        .text("label", label_of(n, cx));
    if (!made_by.empty()) j.text("made_by", made_by);
    j.key("fields").array();
    for (auto& f : fields) {
        j.object()
            .text("name", f.name)
            .number("offset", f.extent.offset)
            .number("size", f.extent.size)
            .text("value", f.value)
            .boolean("settable", f.settable)
            .key("rule");
        f.rule.empty() ? j.null() : j.text(f.rule);
        j.end();
    }
    j.end().key("checks").array();
    (void)verify_own(n, [&](const NodeCheck& c) { json_check(j, c); }, cx);
    j.end();
    json_findings(j, n.findings(cx));
    j.end().newline();
}

void as_text(Node& n, const Options& o, const std::vector<ShownField>& fields, const std::string& made_by, Context& cx) {
    Colors colors(o.colored);
    put(colors.bold(escape(n.path())) + "  " + std::string(n.format(cx)->id) + ", " + size_text(n.extent().size) +
        (n.at() ? " at " + hex_number(*n.at()) : "") + "\n");
    if (is_known(*n.format(cx))) put("  " + label_of(n, cx) + "\n");
    if (!n.why().empty()) put("  proven by: " + std::string(n.why()) + "\n");
    if (!made_by.empty()) put("  made by: " + made_by + "\n");
    size_t width = 4;
    for (auto& f : fields) width = std::max(width, f.name.size());
    if (!fields.empty()) put(colors.dim("  fields") + "\n");
    for (auto& f : fields) {
        auto value = f.value;
        if (f.name.ends_with("time"))
            if (auto t = parse_number(value)) value += "  " + colors.dim(utc_time(i64(*t)));
        put("    " + padded(hex_number(f.extent.offset), 6, true) + "  " + padded(f.name, width) + "  " + value +
            (f.rule.empty() ? f.settable ? "" : colors.dim("  fixed") : colors.dim("  = " + f.rule)) + "\n");
    }
    std::string checks;
    (void)verify_own(
        n,
        [&](const NodeCheck& c) {
            auto bad = c.check.outcome == Check::Outcome::Fail;
            auto result = std::string(outcome_name(c.check.outcome));
            checks += "    " + padded(bad ? colors.red(result) : result, 9) + "  " + std::string(c.check.name) + "\n";
        },
        cx);
    if (!checks.empty()) put(colors.dim("  checks") + "\n" + checks);
    for (auto& s : n.findings(cx))
        put("  " + colors.severity(s.severity, std::string(severity_name(s.severity))) + ": " + s.code + ": " + escape(s.message) + "\n");
}

}  // namespace

int info(const Options& o) {
    int worst = kDone;
    for (auto& image : o.images) {
        Work cx(o);
        auto opened = open_target(image, o, cx);
        if (!opened) return failed(image, opened.error());
        auto& n = *opened->node;
        auto bytes = n.bytes(cx);
        if (!bytes) return failed(image, bytes.error());
        std::vector<ShownField> fields;
        std::string made_by;
        auto* f = n.format(cx);
        if (is_known(*f)) {
            auto item = n.item(cx);
            if (!item) return failed(image, item.error());
            fields = fields_of((*item)->layout, bytes->view());
            auto recipe_of = [&](auto* inside) {
                if (!inside || !f->made_by) return;
                if (auto recipe = inside->recipe(cx)) made_by = f->made_by(*recipe);
            };
            recipe_of((*item)->coded());
            recipe_of((*item)->files());
        }
        if (o.json)
            as_json(n, fields, made_by, cx);
        else
            as_text(n, o, fields, made_by, cx);
        worst = std::max(worst, finished(cx, false, image));
    }
    return worst;
}

}  // namespace fieldstrip::cli
