// scan: the map.
#include "base/text.h"
#include "cli/entropy.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/text.h"

namespace fieldstrip::cli {
namespace {

bool goes_down(Node& n, const Options& o) { return !n.parent || o.tree; }

bool json_tree(JsonWriter& j, Node& n, const Options& o, Context& cx) {
    json_node(j, n, cx);
    if (o.entropy) json_entropy(j, n, cx);
    bool error = json_findings(j, n.findings(cx));
    if (goes_down(n, o)) {
        auto kids = n.children(cx);
        bool any = false;
        if (kids)
            for (auto& c : *kids) {
                if (c->is_shown(cx)) {
                    if (!std::exchange(any, true)) j.key("children").array();
                    error = json_tree(j, *c, o, cx) || error;
                }
                c->forget();
            }
        if (any) j.end();
    }
    j.end();
    return error;
}

/// Inside of a kernel there are thousands of runs that nobody owns: of more than so many in a row one line tells.
constexpr size_t kFolded = 8;

/// How many regions from the i-th on no format owns.
size_t nobodys(std::span<const std::unique_ptr<Node>> kids, size_t i, Context& cx) {
    size_t n = 0;
    while (i + n < kids.size() && kids[i + n]->kind == Node::Kind::Region && !is_known(*kids[i + n]->format(cx)) &&
           kids[i + n]->broken().empty())
        n++;
    return n;
}

bool text_tree(Node& n, const Options& o, Context& cx, const Colors& colors, unsigned indent) {
    auto* f = n.format(cx);
    std::string in(size_t{2} * indent, ' ');
    bool region = n.kind == Node::Kind::Region;
    auto place = !region && n.kind != Node::Kind::Part ? std::string("          ") : padded(hex_number(n.extent().offset), 10, true);
    auto name = padded(in + (region ? std::string(f->id) : escape(n.name) + (f == &raw ? "" : ": " + std::string(f->id))), 24);
    auto line =
        place + "  " + padded(std::to_string(n.extent().size), 10, true) + "  " + padded(human_size(n.extent().size), 9, true) + "  ";
    if (o.entropy) line += entropy_column(n, cx);
    line += is_known(*f) ? colors.bold(name) : colors.dim(name);
    auto label = f == &raw && n.banner(cx).empty() ? "" : label_of(n, cx);
    while (!label.empty() && label.back() == ' ') label.pop_back();
    std::vector<std::string> hints;
    if (o.entropy) label += likeness_words(n, hints, cx, !label.empty());
    put(line + (label.empty() ? "" : "  " + label) + "\n");
    const std::string under(35 + (o.entropy ? kEntropyColumn : 0), ' ');
    for (auto& h : hints) put(under + in + colors.dim("hint: " + escape(h)) + "\n");
    bool error = false;
    for (auto& s : n.findings(cx)) {
        if (s.severity == Severity::Note && !o.verbose) continue;
        put(under + in + colors.severity(s.severity, std::string(severity_name(s.severity)) + ": " + s.code + ": " + escape(s.message)) +
            "\n");
        error = error || s.severity == Severity::Error;
    }
    if (!goes_down(n, o)) return error;
    auto kids = n.children(cx);
    for (size_t i = 0; kids && i < kids->size(); i++) {
        if (size_t many = o.verbose ? 0 : nobodys(*kids, i, cx); many >= kFolded) {
            u64 size = (*kids)[i + many - 1]->extent().end() - (*kids)[i]->extent().offset;
            put(padded(hex_number((*kids)[i]->extent().offset), 10, true) + "  " + padded(std::to_string(size), 10, true) + "  " +
                padded(human_size(size), 9, true) + "  " + (o.entropy ? entropy_column(n, {(*kids)[i]->extent().offset, size}, cx) : "") +
                colors.dim(std::string(size_t{2} * (indent + 1), ' ') + std::to_string(many) +
                           " runs of unknown bytes and padding (-v lists them)") +
                "\n");
            i += many - 1;
            continue;
        }
        auto& c = (*kids)[i];
        if (c->is_shown(cx)) error = text_tree(*c, o, cx, colors, indent + 1) || error;
        c->forget();
    }
    return error;
}

int one(const std::string& argument, const Options& o) {
    Work cx(o);
    auto opened = open_target(argument, o, cx);
    if (!opened) return failed(argument, opened.error());
    auto& root = *opened->node;
    auto size = root.bytes(cx);
    if (!size) return failed(argument, size.error());
    ProgressLine progress(cx, o, "scanning", size->size());
    bool error = false;
    auto name = opened->target.file.substr(opened->target.file.rfind('/') + 1);
    if (o.json) {
        // `complete` is known at the end only, and keys have no order in JSON.
        auto j = json_out();
        j.object().text("schema", "fieldstrip.map/1").key("image").object().bytes("name", name).number("size", size->size()).end();
        j.key("root");
        error = json_tree(j, root, o, cx);
        j.boolean("complete", cx.complete()).end().newline();
    } else {
        Colors colors(o.colored);
        put(colors.bold(escape(argument)) + "  " + size_text(size->size()) + "\n");
        put(colors.dim(std::string("    offset        size      human  ") + (o.entropy ? padded("entropy", kEntropyColumn) : "") + "what") +
            "\n");
        auto kids = root.children(cx);
        if (!kids) return failed(argument, kids.error());
        if (root.format(cx) != &raw || kids->empty())
            error = text_tree(root, o, cx, colors, 0);
        else
            for (auto& c : *kids) {
                error = text_tree(*c, o, cx, colors, 0) || error;
                c->forget();
            }
    }
    return finished(cx, error, argument);
}

}  // namespace

int scan(const Options& o) {
    int worst = kDone;
    for (auto& image : o.images) worst = std::max(worst, one(image, o));
    return worst;
}

}  // namespace fieldstrip::cli
