// report: what an image is made of.
#include <cstdlib>

#include "base/digest.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/result.h"
#include "look/sbom.h"

namespace fieldstrip::cli {
namespace {

/// The time that a reproducible build asks for; else none.
std::optional<i64> source_date() {
    const char* text = std::getenv("SOURCE_DATE_EPOCH");
    auto seconds = text ? parse_number(text) : std::nullopt;
    return seconds && *seconds < (u64{1} << 37) ? std::optional(i64(*seconds)) : std::nullopt;
}

std::string sbom_of(const Inventory& inventory, const std::string& name, ByteView image) {
    std::string out;
    {
        JsonWriter j([&](std::string_view text) { out += text; }, true);
        write_sbom(j, inventory, {name, hex(sha256(image)), FIELDSTRIP_VERSION, source_date()});
    }
    return out;
}

}  // namespace

int report(const Options& o) {
    const auto& image = o.images[0];
    const auto target = parse_target(image);
    const bool printed = o.sbom == "-";
    if (!printed && same_file(o.sbom, target.file)) return complain(image, "the bill would take the image's place"), kUsage;
    if (target.file != "-")
        if (auto there = open_file(target.file); !there) return failed(image, there.error());
    std::optional<Output> out;
    if (!printed) {
        auto made = Output::create(o.sbom);
        if (!made) return failed("", made.error());
        out.emplace(*std::move(made));
    }
    give_up_the_rest(o, grants_for(out));
    Work cx(o);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
    auto bytes = opened->node->bytes(cx);
    if (!bytes) return failed(image, bytes.error());
    ProgressLine progress(cx, o, "taking stock");
    auto inventory = take_inventory(*opened->node, cx);
    if (!inventory) return failed(image, inventory.error());
    if (auto good = cx.undisturbed(); !good) return failed(image, good.error());
    auto name = target.file == "-" ? "stdin" : target.file.substr(target.file.rfind('/') + 1);
    auto text = sbom_of(*inventory, name + (target.path == "/" ? "" : ":" + target.path), bytes->view());
    if (auto same = is_as_it_was(*opened); !same) return failed(image, same.error());
    if (printed) {
        put(text);
    } else {
        Rope rope;
        rope.fresh(Buffer::own(Bytes(text.begin(), text.end())));
        if (auto written = out->write(rope); !written) return failed("", written.error());
        if (auto named = out->commit(); !named) return failed("", named.error());
        if (!o.quiet) put(escape(o.sbom) + ": " + std::to_string(inventory->components.size()) + " components\n");
    }
    return finished(cx, false, image);
}

}  // namespace fieldstrip::cli
