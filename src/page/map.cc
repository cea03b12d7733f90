// The map drawn to scale, the entropy curve beneath it, and the regions as a table.
#include "base/text.h"
#include "look/likeness.h"
#include "page/sections.h"

namespace fieldstrip::page {
namespace {

constexpr double kWidth = 10000;  // units of the drawing; its zoom is the script's
constexpr double kBar = 60, kCurve = 60, kGap = 6;
constexpr size_t kPoints = 1000;
constexpr u64 kMostDrawn = 2000;

std::string coordinate(u64 offset, u64 size) { return number(double(offset) * kWidth / double(std::max<u64>(size, 1))); }

void bar(Html& h, const Outline& o, u64 size, Context& cx) {
    u64 drawn = 0;
    for (auto& n : o.nodes) {
        if (n.depth != 1 || n.node->kind != Node::Kind::Region || drawn++ >= kMostDrawn) continue;
        auto what = hex_number(n.extent.offset) + " " + n.format + ", " + size_words(n.extent.size);
        h.open("a", {{"href", "#" + n.id()}, {"aria-label", what}});
        h.open("rect", {{"class", std::string(kind_of(n, cx))},
                        {"x", coordinate(n.extent.offset, size)},
                        {"y", "0"},
                        {"width", coordinate(std::max<u64>(n.extent.size, 1), size)},
                        {"height", number(kBar)}});
        h.element("title", what + (n.label.empty() ? "" : ": " + n.label)).close().close();
    }
}

void curve(Html& h, ByteView bytes) {
    auto points = entropy_curve(bytes, kPoints);
    if (points.empty()) return;
    const double base = kBar + kGap + kCurve;
    std::string path = "M0 " + number(base);
    for (size_t i = 0; i < points.size(); i++) {
        auto y = number(base - double(points[i]) / 8 * kCurve);
        path += "L" + number(double(i) * kWidth / double(points.size())) + " " + y + "H" +
                number(double(i + 1) * kWidth / double(points.size()));
    }
    path += "L" + number(kWidth) + " " + number(base) + "Z";
    h.lone("path", {{"class", "entropy"}, {"d", path}});
}

void table(Html& h, const Outline& o, Context& cx) {
    open_table(h, "regions", {"offset", "size", "format", "what", "entropy", "looks like"}, "Regions, in the order of the image");
    u64 rows = 0;
    for (auto& n : o.nodes) {
        if (n.depth != 1 || rows++ >= kMostDrawn) continue;
        auto bytes = n.node->bytes(cx);
        Likeness like{};
        if (bytes) like = likeness_of(bytes->view());
        h.open("tr")
            .element("td", n.at ? hex_number(*n.at) : "-", {{"class", "number"}})
            .element("td", size_words(n.extent.size), {{"class", "number"}});
        h.open("td", {{"class", "format"}})
            .open("span", {{"class", "dot " + std::string(kind_of(n, cx))}})
            .close()
            .open("a", {{"href", "#" + n.id()}})
            .text(n.format)
            .close()
            .close();
        h.element("td", n.label).element("td", number(double(int(like.entropy * 100)) / 100), {{"class", "number"}});
        h.element("td", bytes ? words_for(like) : "").close();
    }
    close_table(h);
}

}  // namespace

void map_section(Html& h, const Subject& s, const Outline& o, Context& cx) {
    auto bytes = s.node.bytes(cx);
    const u64 size = bytes ? bytes->size() : 0;
    h.ours(R"(<section id="map"><h2>Map</h2>)");
    h.ours(
        R"(<div class="zoom" role="group" aria-label="zoom of the map" hidden><button type="button" data-zoom="in">zoom in</button><button type="button" data-zoom="out">zoom out</button>)"
        R"(<button type="button" data-zoom="left">left</button><button type="button" data-zoom="right">right</button><button type="button" data-zoom="all">all</button>)"
        R"(<output id="range" aria-live="polite"></output></div>)");
    h.open("svg", {{"id", "drawing"},
                   {"viewBox", "0 0 " + number(kWidth) + " " + number(kBar + kGap + kCurve)},
                   {"preserveAspectRatio", "none"},
                   {"role", "group"},
                   {"aria-label", "the map of the image to scale, with its entropy beneath"},
                   {"data-size", std::to_string(size)}});
    bar(h, o, size, cx);
    if (bytes) curve(h, bytes->view());
    h.close();
    h.ours(
        R"(<p class="legend"><span class="dot files"></span> file systems and archives <span class="dot stream"></span> streams <span class="dot parts"></span> containers )"
        R"(<span class="dot padding"></span> padding <span class="dot unknown"></span> unknown. The curve is entropy, from 0 to 8 bits a byte.</p>)");
    table(h, o, cx);
    h.ours("</section>\n");
}

}  // namespace fieldstrip::page
