// edit: change without a folder.
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "cli/result.h"
#include "engine/editor.h"
#include "engine/entry_edits.h"

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

/// The file to write, where one is. In place: the image's own, behind links that lead to it, with its permission bits.
Result<std::optional<Output>> output_of(const Options& o, const std::string& image) {
    if (o.plan) return std::nullopt;
    if (!o.in_place) return TRY(Output::create(o.output));
    std::unique_ptr<char, void (*)(void*)> real(realpath(image.c_str(), nullptr), std::free);
    struct stat st{};
    if (!real || stat(image.c_str(), &st)) return fail(Error::Kind::Io, image + ": " + std::strerror(errno));
    auto out = TRY(Output::create(real.get()));
    TRY_VOID(out.allow(st.st_mode));
    return out;
}

}  // namespace

int edit(const Options& o) {
    const auto& image = o.images[0];
    const auto target = parse_target(image);
    if (target.path != "/") return complain(image, "an image is edited as a whole: give the path with each operation"), kUsage;
    if (!o.output.empty())
        if (int code = refuse_same(o.output, target.file, image, "OUT is the image itself: use --in-place")) return code;
    if (o.in_place && target.file == "-") return complain(image, "standard input is not edited in place: use -o"), kUsage;
    if (target.file != "-")
        if (auto there = open_file(target.file); !there) return failed(image, there.error());
    auto out = output_of(o, target.file);
    if (!out) return failed("", out.error());
    give_up_the_rest(o, grants_for(*out));
    Work cx(o);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
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
    return finish(*opened->root, changes, o, *out ? &**out : nullptr, image, {}, [&] { return is_as_it_was(*opened); }, cx);
}

}  // namespace fieldstrip::cli
