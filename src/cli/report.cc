// report: an image on one page, held against another where two are given, and what it is made of as a bill of materials.
#include <cstdlib>

#include "base/digest.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/page.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "cli/written.h"
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

/// Everything that is asked for, as text.
Result<void> make(const Options& o, const Opened& opened, const Opened* before, std::string* page, std::string* bill, Inventory& inventory,
                  Context& cx) {
    std::optional<Difference> difference;
    if (page && before) difference = TRY(differences(*before->node, *opened.node, cx));
    if (page) {
        auto made = TRY(page_of(opened, cx, before ? o.images[0] : "", difference ? &*difference : nullptr));
        *page = std::move(made.html), inventory = std::move(made.inventory);
    } else {
        inventory = TRY(take_inventory(*opened.node, cx));
    }
    auto name = name_of(opened.target) + (opened.target.path == "/" ? "" : ":" + opened.target.path);
    if (bill) *bill = sbom_of(inventory, name, TRY(opened.node->bytes(cx)).view());
    TRY_VOID(cx.undisturbed());
    return is_as_it_was(opened);
}

}  // namespace

int report(const Options& o) {
    const auto& image = o.images.back();
    const auto target = parse_target(image);
    auto name = o.output;
    if (name.empty() && o.sbom.empty() && !o.json) {
        if (target.file == "-") return complain(image, "standard input has no name: use -o"), kUsage;
        name = target.file + ".html";
        auto there = file_exists(name);
        if (!there) return failed("", there.error());
        if (*there && !o.force) return failed(name, {Error::Kind::Unsupported, "exists: use -o or --force"});
    }
    Written page(name), sbom(o.sbom);
    if (page.is_printed() + sbom.is_printed() + o.json > 1) return complain(image, "only one of them can go to standard output"), kUsage;
    if (page.is_file() && sbom.is_file()) {
        constexpr auto kWhy = "the page and the bill can't be one file";
        if (page.name() == sbom.name()) return complain(image, kWhy), kUsage;
        if (int code = refuse_same(page.name(), sbom.name(), image, kWhy)) return code;
    }
    for (auto& i : o.images) {
        auto file = parse_target(i).file;
        for (auto* w : {&page, &sbom})
            if (w->is_file())
                if (int code = refuse_same(w->name(), file, i, "what is written would take the image's place")) return code;
        if (file != "-")
            if (auto there = open_file(file); !there) return failed(i, there.error());
    }
    for (auto* w : {&page, &sbom})
        if (auto made = w->create(); !made) return failed("", made.error());
    give_up_the_rest(o, grants_for({&page, &sbom}));
    Work cx(o);
    std::vector<Opened> opened;
    u64 size = 0;
    for (auto& i : o.images) {
        auto one = open_target(i, o, cx);
        if (!one) return failed(i, one.error());
        opened.push_back(*std::move(one));
        auto bytes = opened.back().root->bytes(cx);
        if (!bytes) return failed(i, bytes.error());
        size += std::min(bytes->size(), kUnbounded / 4);
    }
    cx.limits = limits_for(o, size);
    ProgressLine progress(cx, o, "taking stock");
    std::string html, bill;
    Inventory inventory;
    auto made = make(o, opened.back(), opened.size() > 1 ? &opened[0] : nullptr, page.is_asked() ? &html : nullptr,
                     sbom.is_asked() ? &bill : nullptr, inventory, cx);
    if (!made) return failed(image, made.error());
    for (auto& [wanted, text] : {std::pair(&page, &html), std::pair(&sbom, &bill)})
        if (auto written = wanted->write(*text); !written) return failed("", written.error());
    if (o.json) show_json(inventory, cx);
    const bool told = !o.quiet && !o.json && !page.is_printed() && !sbom.is_printed();
    if (told && page.is_file()) put(escape(page.name()) + ": " + size_text(html.size()) + "\n");
    if (told && sbom.is_file()) put(escape(sbom.name()) + ": " + size_text(bill.size()) + "\n");
    return finished(cx, false, image);
}

}  // namespace fieldstrip::cli
