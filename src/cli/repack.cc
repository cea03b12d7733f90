// repack: put together.
#include "base/text.h"
#include "cli/result.h"
#include "engine/folder.h"
#include "engine/output.h"
#include "engine/parts.h"

namespace fieldstrip::cli {
namespace {

/// A name beside the folder.
std::string beside(std::string folder, std::string_view name) {
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    auto slash = folder.rfind('/');
    return (slash == folder.npos ? "" : folder.substr(0, slash + 1)) + std::string(name);
}

/// --check: whether it is the original, and where not first.
int compare(const Folder& f, const Rope& made, const Options& o, std::string_view what) {
    auto image = f.original(o.original);
    if (!image) return failed(what, image.error());
    auto was = image->view();
    u64 at = 0;
    bool same = true;
    made.each([&](ByteView v) {
        if (!same) return;
        u64 n = std::min<u64>(v.size(), was.size() - std::min(at, was.size()));
        auto [a, b] = std::mismatch(v.begin(), v.begin() + std::ptrdiff_t(n), was.begin() + std::ptrdiff_t(at));
        at += u64(a - v.begin());
        same = u64(a - v.begin()) == v.size();
    });
    same = same && at == was.size();
    put(same ? "identical to the original\n" : "first difference from the original at " + hex_number(at) + "\n");
    return same ? kDone : kSomething;
}

/// Writes a rope that needs no proof: it is what it is made of.
int write(const Rope& rope, Output& out, Context& cx) {
    auto done = out.write(rope);
    if (done) done = cx.undisturbed();
    if (done) done = out.commit();
    return done ? kDone : failed("", done.error());
}

/// What is to be said of the folder; some of it is worth an exit code.
std::vector<std::string> warnings_of(const Folder& f) {
    auto out = f.notes();
    out.insert(out.end(), f.warnings().begin(), f.warnings().end());
    return out;
}

int rebuild_all(const Folder& folder, const Options& o, Output* out, std::string_view what, Context& cx) {
    auto warnings = warnings_of(folder);
    auto rope = remake(folder, o.resize, warnings, cx);
    if (!o.quiet)
        for (auto& w : warnings) complain(what, "warning: " + w);
    if (!rope) return failed(what, rope.error());
    int code = o.check ? compare(folder, *rope, o, what) : kDone;
    if (out) code = std::max(code, write(*rope, *out, cx));
    return std::max(code, finished(cx, !folder.warnings().empty(), what));
}

}  // namespace

int repack(const Options& o) {
    const auto& dir = o.images[0];
    const bool writes = !o.plan && !(o.check && o.output.empty());
    auto taken = [&](const std::string& output) -> int {
        auto there = o.force ? false : file_exists(output);
        if (!there) return failed("", there.error());
        if (*there) complain(output, "is there already: --force replaces it");
        return *there ? kRefused : kDone;
    };
    if (writes && !o.output.empty())
        if (int code = taken(o.output)) return code;
    std::optional<Output> out;
    if (auto there = file_exists(dir); !there) {
        return failed("", there.error());
    } else if (writes && *there) {
        auto made = Output::create(o.output.empty() ? beside(dir, "fieldstrip.new") : o.output);
        if (!made) return failed("", made.error());
        out.emplace(*std::move(made));
    }
    give_up_the_rest(o, grants_for(out));
    Work cx(o);
    auto folder = Folder::open(dir, cx, o.rebuild_all ? nullptr : &o.original);
    if (!folder) return failed(dir, folder.error());
    cx.limits = limits_for(o, folder->manifest().image_size);
    if (out && o.output.empty()) {
        auto name = folder->manifest().image_name + ".new";
        if (name.find('/') != name.npos) return complain(dir, "its manifest holds no name of a file: give one with -o"), kRefused;
        if (int code = taken(beside(dir, name))) return code;
        out->call(name);
    }
    if (o.rebuild_all) return rebuild_all(*folder, o, out ? &*out : nullptr, dir, cx);
    auto image = folder->original(o.original);
    if (!image) return failed(dir, image.error());
    std::vector<u64> borders;
    auto& parts = o.parts.empty() ? folder->manifest().parts : o.parts;
    if (!parts.empty()) {
        auto parsed = parse_parts(parts, image->size());
        if (!parsed) return failed(dir, parsed.error());
        borders = borders_of(*parsed, image->size());
    }
    auto root = open_image(*image, borders);
    auto changes = folder->as_changes(*root, cx);
    if (!changes) return failed(dir, changes.error());
    auto node = root->find(folder->manifest().path, cx);
    if (!node) return failed(dir, node.error());
    if (o.check) {
        Plan plan;
        auto rope = rebuild(**node, *changes,
                            {.resize = o.resize, .repair = o.repair, .erase_block = o.erase_block, .fix_sums = o.fix_sums}, plan, cx);
        if (!rope) return failed(dir, rope.error());
        for (auto& w : warnings_of(*folder)) complain(dir, "warning: " + w);
        return std::max(compare(*folder, *rope, o, dir), finished(cx, !folder->warnings().empty(), dir));
    }
    int code = finish(**node, *changes, o, out ? &*out : nullptr, dir, warnings_of(*folder), {}, cx);
    return code == kDone && !folder->warnings().empty() ? kSomething : code;
}

}  // namespace fieldstrip::cli
