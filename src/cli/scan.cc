// scan: the map.
#include "base/text.h"
#include "cli/entropy.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/text.h"

namespace fieldstrip::cli {
namespace {

bool goes_down(Node& n, const Options& o) { return !n.parent || o.tree; }

/// Whether it is a space that was searched: the image, a raw one, one that as a whole is a format.
bool is_space(const Node& n) { return !n.parent || n.kind != Node::Kind::Region; }

void json_rejected(JsonWriter& j, Node& n, Context& cx) {
    auto trail = n.rejected(cx);
    if (!trail) return;
    j.key("rejected").array();
    for (auto& r : trail->rejected) {
        j.object().text("format", r.format->id).number("offset", r.at).text("why", r.why);
        if (r.bits) j.number("bits", r.bits);
        if (r.extent.size) j.number("size", r.extent.size);
        j.end();
    }
    j.end().number("bits_needed", trail->needed + 1).number("rejected_more", trail->more).number("candidates_inside", trail->inside);
}

/// The candidates of a space that lie in one of its tiles, or all of them.
void text_rejected(const Trail& trail, Extent tile, const Options& o, const Colors& colors, unsigned indent) {
    constexpr size_t kMost = 16;
    // They are by place: spaces of many tiles have many of them.
    auto first = std::ranges::lower_bound(trail.rejected, tile.offset, {}, &Rejected::at);
    auto last = std::ranges::lower_bound(first, trail.rejected.end(), tile.end(), {}, &Rejected::at);
    const size_t all = size_t(last - first), shown = o.verbose ? all : std::min(all, kMost);
    const std::string in(35 + size_t{2} * indent, ' ');
    for (size_t i = 0; i < shown; i++) put(in + colors.dim("not " + rejected_words(first[std::ptrdiff_t(i)], trail.needed)) + "\n");
    if (shown < all) put(in + colors.dim("and " + std::to_string(all - shown) + " more (-v lists them)") + "\n");
}
void text_rejected_rest(const Trail& trail, const Colors& colors, unsigned indent) {
    auto say = [&](u64 n, const char* what) {
        if (n) put(std::string(35 + size_t{2} * indent, ' ') + colors.dim(std::to_string(n) + what) + "\n");
    };
    say(trail.inside, " magics inside of proven regions were not asked");
    say(trail.more, " more candidates were turned down");
}

bool json_tree(JsonWriter& j, Node& n, const Options& o, Context& cx) {
    json_node(j, n, cx);
    if (o.entropy) json_entropy(j, n, cx);
    bool error = json_findings(j, n.findings(cx));
    if (o.all && goes_down(n, o) && is_space(n)) json_rejected(j, n, cx);
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
    const auto trail = o.all && n.parent && is_space(n) ? n.rejected(cx) : Result<Trail>(Trail());
    const bool tiled = kids && !kids->empty() && n.format(cx) == &raw;
    if (trail && !tiled) text_rejected(*trail, {0, n.extent().size}, o, colors, indent + 1);
    if (trail) text_rejected_rest(*trail, colors, indent + 1);
    for (size_t i = 0; kids && i < kids->size(); i++) {
        if (size_t many = o.verbose || o.all ? 0 : nobodys(*kids, i, cx); many >= kFolded) {
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
        if (trail && tiled) text_rejected(*trail, c->extent(), o, colors, indent + 1);
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
        if (root.format(cx) != &raw || kids->empty()) {
            error = text_tree(root, o, cx, colors, 0);
        } else {
            const auto trail = o.all ? root.rejected(cx) : Result<Trail>(Trail());
            for (auto& c : *kids) {
                error = text_tree(*c, o, cx, colors, 0) || error;
                if (trail) text_rejected(*trail, c->extent(), o, colors, 0);
                c->forget();
            }
            if (trail) text_rejected_rest(*trail, colors, 0);
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
