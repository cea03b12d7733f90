// The frame of the page: what may run, who it is about, the sections in their order.
#include "page/page.h"

#include "base/digest.h"
#include "base/text.h"
#include "page/sections.h"

namespace fieldstrip::page {
namespace {

/// What a browser may do with the page: show it, and run what has this digest.
std::string policy() {
    auto source = [](std::string_view of) {
        return "'sha256-" + base64(digest::sha256.of([&](const Eat& eat) { eat(as_bytes(of)); })) + "'";
    };
    return "default-src 'none'; style-src " + source(kStyle) + "; script-src " + source(kScript) + "; base-uri 'none'; form-action 'none'";
}

void card(Html& h, std::string_view name, const std::string& value, bool bad = false) {
    h.open("div", {{"class", bad ? "card bad" : "card"}}).element("dt", name).element("dd", value).close();
}

void summary(Html& h, const Inventory& inventory, const Outline& o, Context& cx) {
    auto& c = o.coverage;
    u64 regions = 0, files = 0, findings = 0;
    for (auto& n : o.nodes) {
        regions += n.depth == 1 && is_known(*n.node->format(cx));
        for (auto& f : n.findings) findings += f.severity != Severity::Note;
        if (auto e = n.node->entries(cx); e && *e) files += (*e)->all().size();
    }
    h.open("dl", {{"class", "cards"}});
    card(h, "size", size_words(c.covered + c.uncovered + c.padding));
    card(h, "regions that are known", std::to_string(regions));
    card(h, "checks", std::to_string(c.pass) + " passed" + (c.fail ? ", " + std::to_string(c.fail) + " failed" : ""), c.fail);
    card(h, "covered by checks, padding aside", std::to_string(100 * c.covered / std::max<u64>(1, c.covered + c.uncovered)) + " %");
    if (files) card(h, "files and folders", std::to_string(files));
    card(h, "warnings and errors", std::to_string(findings), findings);
    card(h, "components", std::to_string(inventory.components.size()));
    h.close();
    if (!cx.complete()) h.element("p", "A limit was met (" + cx.stopped_by() + "): not all is shown.", {{"class", "said warning"}});
}

/// Of a tree of its own, so that another thread may verify meanwhile.
Result<Inventory> inventory_of(const Buffer& image, const std::vector<u64>& borders, const std::string& path, Context& cx) {
    auto root = open_image(image, borders);
    return take_inventory(*TRY(root->find(path, cx)), cx);
}

}  // namespace

Result<Report> report(const Subject& s, Context& cx) {
    auto* root = &s.node;
    while (root->parent) root = root->parent;
    auto taken = cx.pool.beside([image = TRY(root->bytes(cx)), borders = root->borders, path = s.node.path(), &cx] {
        return inventory_of(image, borders, path, cx);
    });
    auto outline = TRY(outline_of(s.node, cx));
    auto inventory = TRY(taken.get());
    Html h;
    h.ours("<!DOCTYPE html>\n").open("html", {{"lang", "en"}}).open("head");
    h.lone("meta", {{"charset", "utf-8"}}).lone("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy()}});
    h.lone("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}})
        .lone("meta", {{"name", "referrer"}, {"content", "no-referrer"}});
    h.element("title", s.name + " – fieldstrip report");
    h.open("style").ours(kStyle).close().close().ours("\n").open("body");
    h.ours(R"(<a class="skip" href="#main">to the content</a>)");
    h.open("header").element("h1", s.name).element("p", s.node.path() == "/" ? "" : s.node.path(), {{"class", "path"}});
    summary(h, inventory, outline, cx);
    h.ours(R"(<nav aria-label="sections">)").ours(s.difference ? R"(<a href="#diff">What changed</a> )" : "");
    h.ours(R"(<a href="#map">Map</a> <a href="#findings">Findings</a> <a href="#audit">First look</a> )");
    if (!inventory.components.empty()) h.ours(R"(<a href="#components">Components</a> )");
    h.ours(R"(<a href="#tree">Tree</a>)");
    const bool files = std::any_of(outline.nodes.begin(), outline.nodes.end(), [&](auto& n) {
        auto e = n.node->entries(cx);
        return e && *e;
    });
    if (files) h.ours(R"( <a href="#files">Files</a>)");
    h.ours("</nav>").close().ours("\n").open("main", {{"id", "main"}, {"tabindex", "-1"}});
    if (s.difference) diff_section(h, s.before, *s.difference);
    map_section(h, s, outline, cx);
    findings_section(h, outline);
    audit_section(h, inventory);
    components_section(h, inventory);
    tree_section(h, outline, cx);
    files_section(h, outline, cx);
    h.close().open("footer").element("p", "Made by fieldstrip " + s.version + ". This page loads nothing.").close();
    h.open("script").ours(kScript).close().close().close().ours("\n");
    return Report{h.done(), std::move(inventory)};
}

}  // namespace fieldstrip::page
