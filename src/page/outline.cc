// What the page shows, gathered once: checks, coverage, nodes.
#include "base/text.h"
#include "page/sections.h"

namespace fieldstrip::page {
namespace {

void keep(Checks& all, const NodeCheck& c) {
    using enum Check::Outcome;
    (c.check.outcome == Pass ? all.pass : c.check.outcome == Fail ? all.fail : all.unchecked)++;
    const bool first = all.kept.size() < Checks::kMost;
    if (!first && (c.check.outcome != Fail || all.kept.size() >= 4 * Checks::kMost)) return;
    auto name = std::string(c.check.name) + (c.check.entry.empty() ? "" : " of " + std::string(c.check.entry));
    Checks::One one{std::move(name), c.check.outcome, {}, check_value(c.check.expected), {}};
    one.found = c.check.expected.empty() ? std::string(as_text(c.check.found)) : check_value(c.check.found);
    for (auto e : c.check.covers.first(std::min<size_t>(c.check.covers.size(), 4))) one.covers.push_back({e.offset + c.shift, e.size});
    all.kept.push_back(std::move(one));
}

void list(Node& n, size_t depth, Outline& out, Context& cx) {
    if (out.nodes.size() >= Outline::kMost) return void(out.left_out++);
    const size_t own = out.nodes.size();
    auto* f = n.format(cx);
    out.nodes.push_back({&n, depth, n.path(), std::string(f->id), label_of(n, cx), n.extent(), n.at(), n.findings(cx)});
    out.nodes[own].number = own;
    auto kids = n.children(cx);
    for (size_t i = 0; kids && i < kids->size(); i++) {
        if (size_t many = depth ? nobodys(*kids, i, cx) : 0; many >= kFolded) {
            out.nodes[own].folded += many;
            i += many - 1;
            continue;
        }
        if ((*kids)[i]->is_shown(cx)) out.nodes[own].children++, list(*(*kids)[i], depth + 1, out, cx);
    }
}

}  // namespace

Result<Outline> outline_of(Node& top, Context& cx) {
    Outline out;
    constexpr size_t kMostErrors = 1000;
    out.coverage = TRY(verify_and_count(
        top, [&](const NodeCheck& c) { keep(out.checks[&c.node], c); }, cx,
        [&](Node& n, const Said& said) {
            if (out.errors.size() < kMostErrors) out.errors.emplace_back(n.path(), said);
        }));
    list(top, 0, out, cx);
    return out;
}

std::string_view kind_of(const Shown& s, Context& cx) {
    auto* f = s.node->format(cx);
    if (f == &padding) return "padding";
    if (!is_known(*f)) return f == &raw && s.children ? "parts" : "unknown";
    auto item = s.node->item(cx);
    if (!item) return "parts";
    return (*item)->files() ? "files" : (*item)->coded() ? "stream" : "parts";
}

void path_link(Html& h, const Outline& o, const std::string& path) {
    // The longest node that the path begins with; what is behind it is an entry.
    const Shown* best = nullptr;
    for (auto& n : o.nodes)
        if (path.starts_with(n.path) && (path.size() == n.path.size() || n.path == "/" || path[n.path.size()] == '/') &&
            (!best || n.path.size() > best->path.size()))
            best = &n;
    if (best && best->depth)
        h.element("a", path, {{"href", "#" + best->id()}});
    else
        h.element("span", path, {{"class", "path"}});
}

void open_table(Html& h, std::string_view label, std::initializer_list<std::string_view> columns, std::string_view caption) {
    h.open("div", {{"class", "wide"}, {"tabindex", "0"}, {"role", "region"}, {"aria-label", std::string(label)}}).open("table");
    if (!caption.empty()) h.element("caption", caption);
    h.open("thead").open("tr");
    for (auto name : columns) h.element("th", name, {{"scope", "col"}});
    h.close().close().open("tbody");
}
void close_table(Html& h) { h.close().close().close(); }

std::string size_words(u64 n) { return n < 1024 ? std::to_string(n) + " bytes" : std::to_string(n) + " (" + human_size(n) + ")"; }

}  // namespace fieldstrip::page
