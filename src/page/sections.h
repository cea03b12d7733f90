// What the sections of the page share: the nodes that are shown, each with its number, its checks and its findings.
#pragma once
#include "engine/words.h"
#include "page/html.h"
#include "page/page.h"

namespace fieldstrip::page {

/// Checks of one node, counted; the failed ones and the first of the others are kept.
struct Checks {
    static constexpr size_t kMost = 40;
    u64 pass = 0, fail = 0, unchecked = 0;
    struct One {
        std::string name;  // with the entry that it is of
        Check::Outcome outcome;
        std::vector<Extent> covers;
        std::string expected, found;
    };
    std::vector<One> kept = {};
};

/// A node that the page shows.
struct Shown {
    Node* node;
    size_t depth;
    std::string path, format, label;
    Extent extent;
    std::optional<u64> at;
    std::vector<Said> findings;
    size_t children = 0;  // that are shown
    size_t folded = 0;    // runs of unknown bytes and padding that are not, since they are many in a row
    std::string id() const { return "n" + std::to_string(number); }
    size_t number = 0;
};

struct Outline {
    static constexpr size_t kMost = 3000;
    std::vector<Shown> nodes;  // in the order of the tree, each before what is in it
    u64 left_out = 0;          // beyond kMost
    std::unordered_map<const Node*, Checks> checks;
    Coverage coverage;
    std::vector<std::pair<std::string, Said>> errors = {};  // what is missing, of nodes that are not shown too
};
/// Verifies all, and lists what `scan --tree` shows.
Result<Outline> outline_of(Node&, Context&);

/// What kind of thing it is, as a class of the page: "files", "stream", "parts", "padding", "unknown".
std::string_view kind_of(const Shown&, Context&);

void diff_section(Html&, const std::string& before, const Difference&);
void map_section(Html&, const Subject&, const Outline&, Context&);
void findings_section(Html&, const Outline&);
void audit_section(Html&, const Inventory&);
void components_section(Html&, const Inventory&);
void tree_section(Html&, const Outline&, Context&);
void files_section(Html&, const Outline&, Context&);

/// "/00210000.squashfs" as a link to where the tree shows it, or as text where it does not.
void path_link(Html&, const Outline&, const std::string& path);
/// Opens a table that scrolls by itself where it is wider than the page; `label` is its name for who does not see it.
void open_table(Html&, std::string_view label, std::initializer_list<std::string_view> columns, std::string_view caption = {});
void close_table(Html&);
/// "1570420 (1.50 MiB)"
std::string size_words(u64);

/// A page that grows beyond this leaves out what can be seen elsewhere: of each node's fields and bytes, of files.
constexpr size_t kNodesBudget = size_t{3} << 19, kPageBudget = size_t{5} << 19;

extern const std::string_view kStyle, kScript;  // page.css, page.js

}  // namespace fieldstrip::page
