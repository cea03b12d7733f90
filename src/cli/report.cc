// report: what an image is made of.
#include <cstdlib>

#include "base/digest.h"
#include "base/text.h"
#include "cli/json.h"
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

void json_evidence(JsonWriter& j, const Evidence& e) {
    j.object().bytes("path", e.path).number("offset", e.offset).bytes("text", e.text).end();
}

void show_json(const Inventory& inventory, const Context& cx) {
    auto j = json_out();
    j.object().text("schema", "fieldstrip.inventory/1").key("components").array();
    for (auto& c : inventory.components) {
        j.object().text("kind", name_of(c.kind)).text("name", c.name).text("version", c.version).text("source", c.source);
        j.text("architecture", c.architecture).text("cpe", c.cpe).text("purl", purl_of(c)).key("evidence").array();
        for (auto& e : c.evidence) json_evidence(j, e);
        j.end().end();
    }
    j.end().key("concerns").array();
    for (auto& c : inventory.concerns) {
        j.object().text("kind", name_of(c.kind)).text("severity", severity_name(c.weight)).bytes("what", c.what).key("evidence");
        json_evidence(j, c.evidence);
        j.end();
    }
    j.end().boolean("complete", cx.complete()).end().newline();
}

}  // namespace

int report(const Options& o) {
    const auto& image = o.images[0];
    const auto target = parse_target(image);
    const bool printed = o.sbom == "-", written = !o.sbom.empty() && !printed;
    if (o.json == !o.sbom.empty()) return complain(image, "needs one of --json and --sbom FILE"), kUsage;
    if (written && same_file(o.sbom, target.file)) return complain(image, "the bill would take the image's place"), kUsage;
    if (target.file != "-")
        if (auto there = open_file(target.file); !there) return failed(image, there.error());
    std::optional<Output> out;
    if (written) {
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
    if (o.json) {
        show_json(*inventory, cx);
        return finished(cx, false, image);
    }
    auto name = target.file == "-" ? "stdin" : target.file.substr(target.file.rfind('/') + 1);
    auto text = sbom_of(*inventory, name + (target.path == "/" ? "" : ":" + target.path), bytes->view());
    if (auto same = is_as_it_was(*opened); !same) return failed(image, same.error());
    if (printed) {
        put(text);
    } else {
        Rope rope;
        rope.fresh(Buffer::own(Bytes(text.begin(), text.end())));
        if (auto wrote = out->write(rope); !wrote) return failed("", wrote.error());
        if (auto named = out->commit(); !named) return failed("", named.error());
        if (!o.quiet) put(escape(o.sbom) + ": " + std::to_string(inventory->components.size()) + " components\n");
    }
    return finished(cx, false, image);
}

}  // namespace fieldstrip::cli
