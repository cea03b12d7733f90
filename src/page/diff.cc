// What changed from another image to this one.
#include "base/text.h"
#include "page/sections.h"

namespace fieldstrip::page {
namespace {

constexpr size_t kMostLines = 400;   // of a text
constexpr size_t kMostRows = 200;    // of values, of strings
constexpr size_t kBudget = 1 << 20;  // bytes of the section

void count(std::string& out, u64 n, std::string_view one, std::string_view many) {
    if (n) out += (out.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(n == 1 ? one : many);
}

std::string summary(const Counts& c) {
    std::string out;
    count(out, c.regions_added, "region added", "regions added"), count(out, c.regions_removed, "region removed", "regions removed");
    count(out, c.regions_changed, "region changed", "regions changed"), count(out, c.regions_moved, "region moved", "regions moved");
    count(out, c.versions, "version", "versions"), count(out, c.fields, "field", "fields"), count(out, c.options, "option", "options");
    count(out, c.files_added, "file added", "files added"), count(out, c.files_removed, "file removed", "files removed");
    count(out, c.files_changed, "file changed", "files changed"), count(out, c.files_moved, "file moved", "files moved");
    count(out, c.folders_added, "folder added", "folders added"), count(out, c.folders_removed, "folder removed", "folders removed");
    count(out, c.folders_moved, "folder moved", "folders moved"),
        count(out, c.attributes, "entry with other attributes", "entries with other attributes");
    if (c.follow)
        out += (out.empty() ? "" : "; ") + std::to_string(c.follow) + (c.follow == 1 ? " follows from these" : " follow from these");
    return out.empty() ? "nothing that a person would call a change" : out;
}

class Tree {
  public:
    explicit Tree(Html& h) : h_(h), most_(h.size() + kBudget) {}

    void change(const Delta& c) {
        if (h_.size() > most_) return void(left_out++);
        h_.open("details", {{"class", c.follows ? "change follows" : "change"}}).open("summary");
        head(c);
        h_.close().open("div", {{"class", "inside"}});
        if (!c.note.empty()) h_.element("p", c.note, {{"class", "quiet"}});
        values("says", c.values), values("field", c.fields), values("attribute", c.attributes), values("option", c.options);
        if (c.text) text(*c.text);
        if (c.binary) binary(*c.binary);
        for (auto& i : c.inside) change(i);
        h_.close().close();
    }
    u64 left_out = 0;

  private:
    void head(const Delta& c) {
        using enum Delta::How;
        const auto& path = c.how == Removed ? c.path_a : c.path_b;
        if (c.how == Added)
            h_.element("ins", "+ ");
        else if (c.how == Removed)
            h_.element("del", "− ");
        h_.element("b", path.empty() ? "/" : path, {{"class", "path"}});
        if (c.moved && c.path_a != c.path_b) h_.text(" was " + c.path_a);
        std::string words;
        if (c.how != Added && c.how != Removed) {
            if (c.moved && c.at_a && c.at_b && *c.at_a != *c.at_b)
                words += " moved from " + hex_number(*c.at_a) + " to " + hex_number(*c.at_b);
            if (c.size_a != c.size_b) words += " " + std::to_string(c.size_a) + " → " + std::to_string(c.size_b) + " bytes";
            if (c.format_a != c.format_b) words += " " + c.format_a + " → " + c.format_b;
        } else {
            words += " " + size_words(c.how == Added ? c.size_b : c.size_a);
        }
        if (c.files) words += ", " + std::to_string(c.files) + (c.files == 1 ? " file" : " files");
        h_.element("span", words + (c.follows ? " (follows)" : ""), {{"class", "quiet"}});
    }

    void values(std::string_view what, const std::vector<ValueChange>& all) {
        if (all.empty()) return;
        h_.open("ul");
        for (size_t i = 0; i < std::min(all.size(), kMostRows); i++) {
            auto& v = all[i];
            h_.open("li").element("span", what, {{"class", "quiet"}}).text(" " + v.name + ": ");
            h_.element("del", v.before.value_or("not there")).text(" → ").element("ins", v.after.value_or("not there"));
            if (v.follows) h_.element("span", " (follows)", {{"class", "quiet"}});
            h_.close();
        }
        h_.close();
        more(all.size(), kMostRows);
    }
    void more(size_t n, size_t shown) {
        if (n > shown) h_.element("p", "and " + std::to_string(n - shown) + " more", {{"class", "quiet"}});
    }

    void text(const TextChange& t) {
        h_.element("p", std::to_string(t.removed) + " lines removed, " + std::to_string(t.added) + " added", {{"class", "quiet"}});
        h_.open("pre", {{"tabindex", "0"}});
        size_t lines = 0;
        for (auto& hunk : t.hunks) {
            h_.text("@@ -" + std::to_string(hunk.line_a) + "," + std::to_string(hunk.count_a) + " +" + std::to_string(hunk.line_b) + "," +
                    std::to_string(hunk.count_b) + " @@")
                .ours("\n");
            for (auto& l : hunk.lines) {
                if (lines++ >= kMostLines) break;
                auto line = l.sign + l.text;
                if (l.sign == '+')
                    h_.element("ins", line);
                else if (l.sign == '-')
                    h_.element("del", line);
                else
                    h_.text(line);
                h_.ours("\n");
            }
        }
        h_.close();
        if (t.left_out || lines > kMostLines) h_.element("p", "and more: diff -v shows it", {{"class", "quiet"}});
    }

    void binary(const BinaryChange& b) {
        if (b.differing) h_.element("p", std::to_string(b.differing) + " bytes differ");
        if (!b.sections.empty()) {
            h_.open("ul");
            for (size_t i = 0; i < std::min(b.sections.size(), kMostRows); i++) {
                auto& s = b.sections[i];
                auto size = [](const std::optional<u64>& n) { return n ? std::to_string(*n) : std::string("not there"); };
                h_.element("li",
                           "section " + s.name + ": " + (s.before == s.after ? "other bytes" : size(s.before) + " → " + size(s.after)));
            }
            h_.close();
        }
        strings("Strings that are gone", "del", b.removed, b.more_removed), strings("Strings that are new", "ins", b.added, b.more_added);
    }
    void strings(std::string_view title, std::string_view tag, const std::vector<std::string>& all, u64 more) {
        if (all.empty()) return;
        h_.open("details").element("summary", std::string(title) + ": " + std::to_string(all.size() + more)).open("ul");
        for (auto& s : all) h_.open("li", {{"class", "path"}}).element(tag, s).close();
        h_.close().close();
    }

    Html& h_;
    size_t most_;
};

}  // namespace

void diff_section(Html& h, const std::string& before, const Difference& d) {
    h.ours(R"(<section id="diff"><h2>What changed</h2>)").open("p").text("Held against ").element("b", before).text(": ");
    h.text(d.equal ? "the same, byte for byte." : summary(d.counts) + ".").close();
    if (!d.equal) {
        Tree tree(h);
        for (auto& c : d.root.inside) tree.change(c);
        if (d.root.inside.empty()) tree.change(d.root);
        if (tree.left_out) h.element("p", "and " + std::to_string(tree.left_out) + " more: diff shows them", {{"class", "quiet"}});
    }
    h.ours("</section>\n");
}

}  // namespace fieldstrip::page
