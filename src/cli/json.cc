#include "cli/json.h"

#include "base/text.h"

namespace fieldstrip::cli {

void json_node(JsonWriter& j, Node& n, Context& cx) {
    auto* f = n.format(cx);  // of a content: this decodes it, so that its size is known
    j.object().bytes("name", n.name).bytes("path", n.path()).text("kind", kind_name(n.kind)).text("format", f->id);
    if (n.kind != Node::Kind::Entry) j.number("offset", n.extent().offset);
    j.number("size", n.extent().size);
    if (auto at = n.at()) j.number("at", *at);
    j.text("label", label_of(n, cx));
    if (f == &padding) j.number("pad", n.pad());
}

bool json_findings(JsonWriter& j, const std::vector<Said>& said) {
    bool error = false;
    j.key("findings").array();
    for (auto& s : said) {
        j.object().text("severity", severity_name(s.severity)).text("code", s.code).text("message", s.message);
        j.number("offset", s.where.offset).number("size", s.where.size).end();
        error = error || s.severity == Severity::Error;
    }
    j.end();
    return error;
}

std::string path_of(const NodeCheck& c) {
    auto path = c.node.path();
    return c.check.entry.empty() ? path : path + (path.ends_with('/') ? "" : "/") + std::string(c.check.entry);
}

void json_check(JsonWriter& j, const NodeCheck& c) {
    auto at = c.node.at();
    bool entry = !c.check.entry.empty();  // then offsets are its own, and where its value lies is not in it
    j.object().bytes("path", path_of(c)).text("check", c.check.name);
    if (at) j.number("at", *at + c.shift + c.check.at.offset);
    if (!entry) j.number("offset", c.shift + c.check.at.offset);
    j.number("size", c.check.at.size).key("covers").array();
    if (entry) j.extent(c.check.within);
    for (auto& e : c.check.covers)
        if (!entry) j.extent({e.offset + c.shift, e.size});
    j.end()
        .text("expected", check_value(c.check.expected))
        .text("found", c.check.expected.empty() ? std::string(as_text(c.check.found)) : check_value(c.check.found))
        .text("result", outcome_name(c.check.outcome))
        .end();
}

}  // namespace fieldstrip::cli
