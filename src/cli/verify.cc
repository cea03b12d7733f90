// verify: every check, inside too.
#include "base/text.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/text.h"

namespace fieldstrip::cli {
namespace {

void text_check(const NodeCheck& c, const Colors& colors) {
    auto outcome = std::string(outcome_name(c.check.outcome));
    bool bad = c.check.outcome == Check::Outcome::Fail;
    std::string line = (bad ? colors.red(padded("FAIL", 10)) : padded(outcome, 10)) + escape(path_of(c)) + "  " + std::string(c.check.name);
    // Where nothing was stored, what was found is words about it.
    if (bad && c.check.expected.empty() && !c.check.found.empty())
        line += ": " + escape(as_text(c.check.found));
    else if (bad && !c.check.found.empty())
        line += ": stored " + check_value(c.check.expected) + ", computed " + check_value(c.check.found);
    line += ", over";
    for (auto& e : c.check.covers)
        if (e.size) line += " " + hex_number(e.offset + c.shift) + "-" + hex_number(e.end() + c.shift);
    if (std::all_of(c.check.covers.begin(), c.check.covers.end(), [](auto& e) { return !e.size; })) line += " itself";
    put(line + "\n");
}

/// Whose bytes no check covers, and which; all of them where `all`.
void text_bare(const Coverage& c, bool all) {
    const size_t nodes = all ? c.bare.size() : std::min<size_t>(c.bare.size(), 8);
    for (size_t i = 0; i < nodes; i++) {
        auto& bare = c.bare[i];
        const size_t ranges = all ? bare.extents.size() : std::min<size_t>(bare.extents.size(), 4);
        u64 size = 0;
        for (auto& e : bare.extents) size += e.size;
        auto line = "    " + escape(bare.path) + "  " + std::to_string(size) + ":";
        for (size_t k = 0; k < ranges; k++) line += " " + hex_number(bare.extents[k].offset) + "-" + hex_number(bare.extents[k].end());
        if (ranges < bare.extents.size()) line += " and " + std::to_string(bare.extents.size() - ranges) + " more (-v)";
        put(line + "\n");
    }
    if (nodes < c.bare.size()) put("    and in " + std::to_string(c.bare.size() - nodes) + " more (-v)\n");
}

int one(const std::string& image, const Options& o) {
    Work cx(o);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
    ProgressLine progress(cx, o, "verifying");
    auto shown = [&](const NodeCheck& c) { return o.all || c.check.outcome == Check::Outcome::Fail; };
    Result<Coverage> count;
    Colors colors(o.colored);
    struct Missing {
        std::string path;
        Said said;
    };
    std::vector<Missing> errors;
    constexpr size_t kMost = 100'000;  // of them are kept
    ErrorSink missing = [&](Node& n, const Said& said) {
        if (errors.size() < kMost) errors.push_back({n.path(), said});
    };
    if (o.json) {
        auto j = json_out();
        j.object().text("schema", "fieldstrip.verify/1").key("checks").array();
        count = verify_and_count(
            *opened->node,
            [&](const NodeCheck& c) {
                if (shown(c)) json_check(j, c);
            },
            cx, missing);
        j.end();
        auto s = count.value_or(Coverage{});
        j.key("summary").object().number("pass", s.pass).number("fail", s.fail).number("unchecked", s.unchecked);
        j.number("covered", s.covered).number("uncovered", s.uncovered).number("padding", s.padding).end();
        j.key("uncovered").array();
        for (auto& bare : s.bare) {
            j.object().bytes("path", bare.path).key("ranges").array();
            for (auto& e : bare.extents) j.extent(e);
            j.end().end();
        }
        j.end().key("errors").array();
        for (auto& e : errors)
            j.object()
                .bytes("path", e.path)
                .text("code", e.said.code)
                .text("message", e.said.message)
                .number("offset", e.said.where.offset)
                .number("size", e.said.where.size)
                .end();
        j.end().boolean("complete", cx.complete()).end().newline();
    } else {
        count = verify_and_count(
            *opened->node,
            [&](const NodeCheck& c) {
                if (shown(c)) text_check(c, colors);
            },
            cx, missing);
        for (auto& e : errors)
            put(colors.red(padded("ERROR", 10)) + escape(e.path) + "  " + e.said.code + ": " + escape(e.said.message) + "\n");
        if (count && !o.quiet) {
            auto total = count->covered + count->uncovered + count->padding;
            put(std::to_string(count->pass) + " checks pass, " +
                (count->fail ? colors.red(std::to_string(count->fail) + " fail") : "0 fail") + ", " + std::to_string(count->unchecked) +
                " unchecked\n");
            put("of " + std::to_string(total) + " bytes " + std::to_string(count->covered) + " are covered by a check, " +
                std::to_string(count->uncovered) + " by none, " + std::to_string(count->padding) + " are padding\n");
            text_bare(*count, o.verbose);
        }
    }
    if (!count && count.error().kind != Error::Kind::Limit) return failed(image, count.error());
    return finished(cx, !count || count->fail || !errors.empty(), image);
}

}  // namespace

int verify(const Options& o) {
    int worst = kDone;
    for (auto& image : o.images) worst = std::max(worst, one(image, o));
    return worst;
}

}  // namespace fieldstrip::cli
