#include "cli/result.h"

#include "base/text.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "engine/editor.h"
#include "engine/proof.h"
#include "engine/store.h"

namespace fieldstrip::cli {
namespace {

void plan_json(const Plan& p) {
    auto j = json_out();
    j.object().text("schema", "fieldstrip.plan/1").key("changes").array();
    for (auto& s : p.changes)
        j.object().bytes("path", s.path).text("what", s.what).key("old").extent(s.old_extent).key("new").extent(s.new_extent).end();
    j.end().key("changed").array();
    for (auto& e : p.changed) j.extent(e);
    j.end()
        .number("copied", p.copied)
        .number("written", p.written)
        .number("erase_block", p.erase_block)
        .key("erase_blocks_changed")
        .array();
    for (u64 b : p.erase_blocks) j.number(b);
    j.end().number("erase_blocks", p.erase_block_count).key("warnings").array();
    for (auto& w : p.warnings) j.text(w);
    j.end().key("cannot").array();
    for (auto& c : p.cannot) j.object().bytes("path", c.path).text("why", c.why).end();
    j.end().end().newline();
}

/// "33-34, 40"
std::string ranges(const std::vector<u64>& numbers) {
    std::string out;
    for (size_t i = 0; i < numbers.size();) {
        size_t end = i + 1;
        while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) end++;
        out += (out.empty() ? "" : ", ") + std::to_string(numbers[i]) + (end - i > 1 ? "-" + std::to_string(numbers[end - 1]) : "");
        i = end;
    }
    return out;
}

void plan_text(const Plan& p, const Options& o, u64 old_size, u64 new_size) {
    Colors colors(o.colored);
    for (auto& s : p.changes) {
        put(colors.bold(escape(s.path)) + "\n    " + escape(s.what) + "\n");
        if (s.old_extent.size != s.new_extent.size)
            put("    " + std::to_string(s.old_extent.size) + " -> " + std::to_string(s.new_extent.size) + " bytes\n");
    }
    put("image: " + std::to_string(old_size) + (old_size == new_size ? " bytes, as before" : " -> " + std::to_string(new_size) + " bytes") +
        "; " + std::to_string(p.copied) + " copied, " + std::to_string(p.written) + " new\n");
    u64 total = 0;
    for (auto& e : p.changed) total += e.size;
    put("changes within " + std::to_string(p.changed.size()) + (p.changed.size() == 1 ? " range" : " ranges") + " of " +
        std::to_string(total) + " bytes:");
    for (size_t i = 0; i < p.changed.size() && i < 8; i++)
        put(" " + hex_number(p.changed[i].offset) + "-" + hex_number(p.changed[i].end()));
    put(p.changed.size() > 8 ? " …\n" : "\n");
    put("erase blocks of " + human_size(p.erase_block) + ": " + std::to_string(p.erase_blocks.size()) + " of " +
        std::to_string(p.erase_block_count) + " change" + (p.erase_blocks.empty() ? "" : ": " + ranges(p.erase_blocks)) + "\n");
    for (auto& w : p.warnings) put(colors.yellow("warning: ") + escape(w) + "\n");
    for (auto& c : p.cannot) put(colors.red("cannot: ") + escape(c.path) + ": " + escape(c.why) + "\n");
}

}  // namespace

void show_plan(const Plan& p, const Options& o, u64 old_size, u64 new_size) {
    if (o.json)
        plan_json(p);
    else
        plan_text(p, o, old_size, new_size);
}

Grants grants_for(const std::optional<Output>& out) {
    if (!out) return {};
    return {.read = {out->temporary()}, .file_names = {out->above()}};
}

int finish(Node& root, const Changes& changes, const Options& o, Output* out, std::string_view what, std::vector<std::string> warnings,
           const std::function<Result<void>()>& last_look, Context& cx) {
    Plan plan{.warnings = std::move(warnings)};
    ProgressLine progress(cx, o, "putting together");
    if (auto good = check_conflicts(changes); !good) return failed(what, good.error());
    auto rope =
        rebuild(root, changes, {.resize = o.resize, .repair = o.repair, .erase_block = o.erase_block, .fix_sums = o.fix_sums}, plan, cx);
    if (!rope) return failed(what, rope.error());
    auto size = root.bytes(cx)->size();
    if (o.plan || !out) {
        show_plan(plan, o, size, rope->size());
        return finished(cx, !plan.cannot.empty(), what);
    }
    if (auto written = out->write(*rope); !written) return failed("", written.error());
    if (!changes.empty()) {
        auto image = open_file(out->temporary());
        if (!image) return failed(out->temporary(), image.error());
        auto after = open_image(*std::move(image), root.borders);
        // Of a folder of one node the file is that node alone: then its twin is what the file as a whole is.
        Node* twin = after.get();
        if (root.parent && is_known(*root.format(cx)))
            if (auto kids = after->children(cx); kids && !kids->empty()) twin = kids->front().get();
        if (auto good = prove(root, *twin, changes, plan, o.force_format, cx); !good) return failed(what, good.error());
    }
    if (!cx.complete()) return finished(cx, true, what);
    auto good = last_look ? last_look() : Result<void>();
    if (good) good = cx.undisturbed();
    if (!good) return failed(what, good.error());
    if (auto done = out->commit(); !done) return failed("", done.error());
    if (o.verbose) show_plan(plan, o, size, rope->size());
    if (!o.verbose && !o.quiet) {
        for (auto& w : plan.warnings) complain("", "warning: " + w);
        for (auto& c : plan.cannot) complain(c.path, "cannot be made again: " + c.why);
    }
    return finished(cx, !plan.cannot.empty(), what);
}

}  // namespace fieldstrip::cli
