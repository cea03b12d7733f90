// edit: change without a folder.
#include "cli/result.h"
#include "engine/editor.h"
#include "engine/entry_edits.h"
#include "engine/output.h"

namespace fieldstrip::cli {
namespace {

/// The bytes of FILE, which may be IMAGE:PATH; decoded ones of a content.
Result<Rope> bytes_of(const std::string& argument, const Options& o, Context& cx) {
    Options plain = o;
    plain.parts.clear();
    auto opened = TRY(open_target(argument, plain, cx));
    Rope out;
    auto bytes = TRY(opened.node->bytes(cx));
    if (opened.node->damage()) return fail(Error::Kind::Damaged, argument + " could not be read whole: " + opened.node->damage()->message);
    out.fresh(bytes);
    return out;
}

}  // namespace

int edit(const Options& o) {
    const auto& image = o.images[0];
    Context cx({}, o.threads);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
    if (opened->node != opened->root.get())
        return complain(image, "an image is edited as a whole: give the path with each operation"), kUsage;
    if (!o.output.empty() && same_file(o.output, opened->target.file))
        return complain(image, "OUT is the image itself: use --in-place"), kUsage;
    if (o.in_place && opened->target.file == "-") return complain(image, "standard input is not edited in place: use -o"), kUsage;
    Changes changes;
    auto limits = cx.limits;
    for (auto& op : o.operations) {
        Result<void> done;
        if (op.name == "set") {
            done = set_field(*opened->root, op.words[0], changes, cx);
        } else if (op.name != "replace") {
            done = edit_entry(*opened->root, op.name, op.words, changes, cx);
        } else {
            auto bytes = bytes_of(op.words[1], o, cx);
            done = bytes ? replace(*opened->root, op.words[0], *std::move(bytes), changes, cx) : std::unexpected(bytes.error());
        }
        if (!done) return failed(image, done.error());
    }
    cx.limits = limits;
    return finish(*opened->root, changes, o, o.in_place ? opened->target.file : o.output, image, {}, cx);
}

}  // namespace fieldstrip::cli
