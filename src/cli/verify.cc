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
    if (bad && !c.check.found.empty()) line += ": stored " + check_value(c.check.expected) + ", computed " + check_value(c.check.found);
    line += ", over";
    for (auto& e : c.check.covers) line += " " + hex_number(e.offset + c.shift) + "-" + hex_number(e.end() + c.shift);
    if (c.check.covers.empty()) line += " itself";
    put(line + "\n");
}

int one(const std::string& image, const Options& o) {
    Context cx({}, o.threads);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
    ProgressLine progress(cx, o, "verifying");
    auto shown = [&](const NodeCheck& c) { return o.all || c.check.outcome == Check::Outcome::Fail; };
    Result<Coverage> count;
    Colors colors(o.colored);
    if (o.json) {
        auto j = json_out();
        j.object().text("schema", "fieldstrip.verify/1").key("checks").array();
        count = verify_and_count(
            *opened->node,
            [&](const NodeCheck& c) {
                if (shown(c)) json_check(j, c);
            },
            cx);
        j.end();
        auto s = count.value_or(Coverage{});
        j.key("summary").object().number("pass", s.pass).number("fail", s.fail).number("unchecked", s.unchecked);
        j.number("covered", s.covered)
            .number("uncovered", s.uncovered)
            .number("padding", s.padding)
            .end()
            .boolean("complete", cx.complete())
            .end()
            .newline();
    } else {
        count = verify_and_count(
            *opened->node,
            [&](const NodeCheck& c) {
                if (shown(c)) text_check(c, colors);
            },
            cx);
        if (count && !o.quiet) {
            auto total = count->covered + count->uncovered + count->padding;
            put(std::to_string(count->pass) + " checks pass, " +
                (count->fail ? colors.red(std::to_string(count->fail) + " fail") : "0 fail") + ", " + std::to_string(count->unchecked) +
                " unchecked\n");
            put("of " + std::to_string(total) + " bytes " + std::to_string(count->covered) + " are covered by a check, " +
                std::to_string(count->uncovered) + " by none, " + std::to_string(count->padding) + " are padding\n");
        }
    }
    if (!count && count.error().kind != Error::Kind::Limit) return failed(image, count.error());
    return finished(cx, !count || count->fail, image);
}

}  // namespace

int verify(const Options& o) {
    int worst = kDone;
    for (auto& image : o.images) worst = std::max(worst, one(image, o));
    return worst;
}

}  // namespace fieldstrip::cli
