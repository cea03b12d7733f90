// report: an image on one page, and what it is made of as a bill of materials.
#include <cstdlib>

#include "base/digest.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/result.h"
#include "cli/text.h"
#include "look/sbom.h"
#include "page/page.h"

namespace fieldstrip::cli {
namespace {

/// A file that is asked for, or standard output ("-").
struct Wanted {
    std::string name;  // "": not asked for
    std::optional<Output> out = {};
    bool printed() const { return name == "-"; }

    Result<void> create() {
        if (!name.empty() && !printed()) out.emplace(TRY(Output::create(name)));
        return {};
    }
    Result<void> write(const std::string& text) {
        if (printed()) put(text);
        if (!out) return {};
        Rope rope;
        rope.fresh(Buffer::own(Bytes(text.begin(), text.end())));
        TRY_VOID(out->write(rope));
        return out->commit();
    }
};

Grants grants_for_all(const Wanted& a, const Wanted& b) {
    Grants all = grants_for(a.out), more = grants_for(b.out);
    all.read.insert(all.read.end(), more.read.begin(), more.read.end());
    all.file_names.insert(all.file_names.end(), more.file_names.begin(), more.file_names.end());
    return all;
}

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
    Wanted page{o.output}, sbom{o.sbom};
    if (page.name.empty() && sbom.name.empty()) {
        if (target.file == "-") return complain(image, "standard input has no name: use -o"), kUsage;
        page.name = target.file + ".html";
        if (file_exists(page.name) && !o.force) return failed(page.name, {Error::Kind::Unsupported, "exists: use -o or --force"});
    }
    for (auto* w : {&page, &sbom})
        if (!w->name.empty() && !w->printed() && same_file(w->name, target.file))
            return complain(image, "what is written would take the image's place"), kUsage;
    if (page.printed() && sbom.printed()) return complain(image, "only one of the two can go to standard output"), kUsage;
    if (target.file != "-")
        if (auto there = open_file(target.file); !there) return failed(image, there.error());
    for (auto* w : {&page, &sbom})
        if (auto made = w->create(); !made) return failed("", made.error());
    give_up_the_rest(o, grants_for_all(page, sbom));
    Work cx(o);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
    auto bytes = opened->node->bytes(cx);
    if (!bytes) return failed(image, bytes.error());
    ProgressLine progress(cx, o, "taking stock");
    auto inventory = take_inventory(*opened->node, cx);
    if (!inventory) return failed(image, inventory.error());
    auto name = target.file == "-" ? "stdin" : target.file.substr(target.file.rfind('/') + 1);
    std::string html, bill;
    if (!page.name.empty()) {
        auto made = page::report({name, *opened->node, *inventory, FIELDSTRIP_VERSION}, cx);
        if (!made) return failed(image, made.error());
        html = *std::move(made);
    }
    if (!sbom.name.empty()) bill = sbom_of(*inventory, name + (target.path == "/" ? "" : ":" + target.path), bytes->view());
    if (auto good = cx.undisturbed(); !good) return failed(image, good.error());
    if (auto same = is_as_it_was(*opened); !same) return failed(image, same.error());
    for (auto& [wanted, text] : {std::pair(&page, &html), std::pair(&sbom, &bill)})
        if (auto written = wanted->write(*text); !written) return failed("", written.error());
    if (!o.quiet && page.out) put(escape(page.name) + ": " + size_text(html.size()) + "\n");
    if (!o.quiet && sbom.out) put(escape(sbom.name) + ": " + std::to_string(inventory->components.size()) + " components\n");
    return finished(cx, false, image);
}

}  // namespace fieldstrip::cli
