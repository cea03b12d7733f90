// The tree: each node with its fields, its checks and its first bytes.
#include "base/text.h"
#include "look/hints.h"
#include "page/sections.h"

namespace fieldstrip::page {
namespace {

constexpr size_t kDump = 512;            // bytes of a node that are shown
constexpr size_t kAllDumps = 200 << 10;  // bytes of all nodes together: a byte takes about four on the page
constexpr size_t kMostFields = 300;

void dump(Html& h, ByteView all, const std::string& path) {
    std::string text;
    auto b = all.first(std::min(all.size(), kDump));
    for (size_t at = 0; at < b.size(); at += 16) {
        char line[16];
        std::snprintf(line, sizeof line, "%06zx ", at);
        text += line;
        auto row = b.subspan(at, std::min<size_t>(16, b.size() - at));
        for (size_t i = 0; i < 16; i++) text += i < row.size() ? " " + hex(row.subspan(i, 1)) : "   ";
        text += "  ";
        for (u8 c : row) text += c >= 0x20 && c < 0x7f && c != '\\' ? char(c) : '.';
        text += '\n';
    }
    h.open("details").element("summary", "First bytes");
    h.open("pre", {{"class", "hex"}, {"tabindex", "0"}, {"role", "region"}, {"aria-label", "first bytes of " + path}});
    for (size_t at = 0, end; at < text.size(); at = end + 1) {
        end = text.find('\n', at);
        h.text(std::string_view(text).substr(at, end - at)).ours("\n");
    }
    h.close();
    if (all.size() > kDump)
        h.element("p", "The first " + std::to_string(kDump) + " of " + size_words(all.size()) + ".", {{"class", "quiet"}});
    h.close();
}

void fields(Html& h, Node& n, Context& cx) {
    auto item = n.item(cx);
    auto bytes = n.bytes(cx);
    if (!item || !bytes) return;
    auto all = fields_of((*item)->layout, bytes->view());
    if (all.empty()) return;
    open_table(h, "fields of " + n.path(), {"offset", "name", "value", "derived"}, "Fields");
    for (size_t i = 0; i < std::min(all.size(), kMostFields); i++) {
        auto& f = all[i];
        auto value = f.value;
        if (f.name.ends_with("time"))
            if (auto t = parse_number(value)) value += "  " + utc_time(i64(*t));
        if (value.size() > 400) value = value.substr(0, 400) + "…";
        h.open("tr").element("td", hex_number(f.extent.offset), {{"class", "number"}}).element("td", f.name);
        h.element("td", value).element("td", f.rule).close();
    }
    close_table(h);
    if (all.size() > kMostFields) h.element("p", "and " + std::to_string(all.size() - kMostFields) + " more fields", {{"class", "quiet"}});
}

void checks(Html& h, const Checks& c) {
    h.open("details", {{"class", "checks"}});
    auto words =
        std::to_string(c.pass) + " passed, " + std::to_string(c.fail) + " failed, " + std::to_string(c.unchecked) + " could not be made";
    h.element("summary", "Checks: " + words);
    h.open("ul");
    for (auto& one : c.kept) {
        h.open("li");
        const bool bad = one.outcome == Check::Outcome::Fail;
        h.element("span", bad ? "FAIL" : outcome_name(one.outcome), {{"class", bad ? "bad" : "quiet"}}).text(" " + one.name);
        if (bad && !one.found.empty())
            h.text(one.expected.empty() ? ": " + one.found : ": stored " + one.expected + ", computed " + one.found);
        if (!one.covers.empty()) {
            h.text(", over");
            for (auto& e : one.covers) h.text(" " + hex_number(e.offset) + "-" + hex_number(e.end()));
        }
        h.close();
    }
    h.close();
    if (auto n = c.pass + c.fail + c.unchecked; n > c.kept.size())
        h.element("p", "and " + std::to_string(n - c.kept.size()) + " more", {{"class", "quiet"}});
    h.close();
}

class Tree {
  public:
    Tree(Html& h, const Outline& o, Context& cx) : h_(h), o_(o), cx_(cx) {}

    /// The node at index i with all that is in it; the index behind them.
    size_t node(size_t i) {
        auto& s = o_.nodes[i];
        h_.open("details", {{"class", "node"}, {"id", s.id()}, {"data-words", s.path + " " + s.label}});
        h_.open("summary").open("span", {{"class", "dot " + std::string(kind_of(s, cx_))}}).close();
        h_.open("b").text(s.depth ? s.node->name : "/").close();
        if (!s.node->name.ends_with("." + s.format)) h_.text(" " + s.format);
        h_.element("span", " " + size_words(s.extent.size), {{"class", "quiet"}});
        auto c = o_.checks.find(s.node);
        if (c != o_.checks.end() && c->second.fail) h_.element("span", std::to_string(c->second.fail) + " failed", {{"class", "bad"}});
        h_.close();
        h_.open("div", {{"class", "inside"}});
        h_.open("p").text(s.label);
        if (s.at) h_.element("span", " at " + hex_number(*s.at), {{"class", "quiet"}});
        h_.close();
        looks(s);
        if (!s.node->why().empty()) h_.element("p", "Proven by: " + std::string(s.node->why()), {{"class", "quiet"}});
        for (auto& f : s.findings)
            h_.element("p", std::string(severity_name(f.severity)) + ": " + f.message,
                       {{"class", "said " + std::string(severity_name(f.severity))}});
        const bool whole = h_.size() < kNodesBudget;
        if (whole && is_known(*s.node->format(cx_))) fields(h_, *s.node, cx_);
        if (c != o_.checks.end() && (whole || c->second.fail)) checks(h_, c->second);
        if (whole) bytes(s);
        if (!whole) h_.element("p", "Its fields and bytes are not shown: the page is long enough (info shows them).", {{"class", "quiet"}});
        size_t next = i + 1;
        for (size_t k = 0; k < s.children && next < o_.nodes.size() && o_.nodes[next].depth > s.depth; k++) next = node(next);
        if (s.folded) h_.element("p", std::to_string(s.folded) + " runs of unknown bytes and padding are not shown", {{"class", "quiet"}});
        h_.close().close();
        return next;
    }

  private:
    /// What bytes look like that no format owns, and how they might be read.
    void looks(const Shown& s) {
        if (s.format == padding.id || s.children || is_known(*s.node->format(cx_)) || looked_++ >= kMostLooks) return;
        auto b = s.node->bytes(cx_);
        if (!b || !b->size()) return;
        auto likeness = likeness_of(b->view());
        h_.element("p", "Looks like " + words_for(likeness) + ", entropy " + number(double(int(likeness.entropy * 100)) / 100) + ".");
        for (auto& hint : hints_for(b->view(), likeness)) h_.element("p", "Hint: " + hint.what);
    }
    static constexpr size_t kMostLooks = 40;
    size_t looked_ = 0;

    void bytes(const Shown& s) {
        if (s.format == padding.id || dumped_ >= kAllDumps) return;
        auto b = s.node->bytes(cx_);
        if (!b || !b->size()) return;
        dumped_ += std::min<size_t>(kDump, b->size());
        dump(h_, b->view(), s.path);
    }
    Html& h_;
    const Outline& o_;
    Context& cx_;
    size_t dumped_ = 0;
};

}  // namespace

void tree_section(Html& h, const Outline& o, Context& cx) {
    h.ours(
        R"(<section id="tree"><h2>What is in it</h2><p class="find" hidden><label for="find-node">Find a node</label> <input id="find-node" type="search" autocomplete="off"> )"
        R"(<button type="button" id="open-all">open all</button> <button type="button" id="close-all">close all</button> <output id="found-nodes" aria-live="polite"></output></p>)");
    Tree(h, o, cx).node(0);
    if (o.left_out) h.element("p", "and " + std::to_string(o.left_out) + " more nodes: scan --tree shows them", {{"class", "quiet"}});
    h.ours("</section>\n");
}

}  // namespace fieldstrip::page
