// xz: streams behind each other, which are one content. A stream: header (magic, flags that name the check, their crc32), blocks, index,
// footer. A block: header (filters, perhaps sizes, crc32), LZMA2 chunks, zeros up to 4 bytes, check of what it decodes to. The index
// repeats each block's sizes, under a crc32; the footer says how long the index is and repeats the flags, under a crc32. So the end is
// found without decoding, and from both sides. Source: XZ Utils, doc/xz-file-format.txt 1.2.1 (public domain); the presets are those of
// liblzma 5.2 … 5.8.
#include "base/text.h"
#include "formats/xz/content.h"
#include "formats/xz/magics.h"
#include "formats/xz/plan.h"
#include "model/walk.h"

namespace fieldstrip {
namespace {

using namespace xz;

/// The crc32 of its header, or that of the first block's header.
bool may_begin(ByteView from) {
    constexpr u64 kBehind = 8;  // the smallest index
    if (from.size() < kHeaderSize + kBehind) return false;
    if (read_flags(from.subspan(6)) && crc32(from.subspan(6, 2)) == le32(from, 8)) return true;
    auto behind = from.subspan(kHeaderSize);
    if (!behind[0]) return true;  // an index
    auto block = read_block_header(behind);
    return block && block->crc_holds;
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto bytes = space.subspan(at);
    if (!starts_with(bytes, {"\xFD"
                             "7zXZ\0",
                             6}))
        return std::unexpected(No{"no stream header"});
    auto file = read(bytes, true, cx);
    if (!file) return std::unexpected(file.error());
    auto why = file->sound ? "crc32 of headers, index and footer; LZMA2 chunks lead to the index" : "crc32 of headers, some of it damaged";
    if (file->streams.back().cut) why = "crc32 of stream header and block header, cut short";
    return Claim{{at, file->size}, file->bits, why, file->sound};
}

/// The header of the first stream and the footer of the last one; nothing of it can be set, since all follows from the content and the
/// recipe.
Result<Layout> layout_of(ByteView bytes, const File& file) {
    Walk w(bytes, Endian::Little);
    auto& first = file.streams.front();
    auto& last = file.streams.back();
    w.raw("magic", 6).is(kept_inside());
    w.u8("reserved").is(kept_inside());
    w.u8("check").in(kChecks).is(kept_inside());
    w.u32("header_crc").is(kept_inside()).hex();
    u64 end = last.cut ? file.size : last.footer.offset;
    if (!first.cut) {
        w.opaque("blocks", first.index.offset - w.here());
        w.opaque("index", first.index.size);
    }
    if (file.streams.size() > 1)
        w.opaque("streams", end - w.here());
    else if (first.cut)
        w.opaque("blocks", end - w.here());
    if (last.cut) {
        w.finding({&findings::cut,
                   "the xz stream at " + hex_number(last.at) + " is cut short: its index and its footer are missing",
                   {last.at, file.size - last.at}});
        return std::move(w).done();
    }
    w.u32("footer_crc").is(kept_inside()).hex();
    w.u32("backward_size").is(kept_inside());
    w.u8("footer_reserved").is(kept_inside());
    w.u8("footer_check").in(kChecks).is(kept_inside());
    w.raw("footer_magic", 2).is(kept_inside());
    return std::move(w).done();
}

std::string label_of(ByteView bytes, const File& file) {
    u64 content = 0;
    bool more = false;
    std::string filters;
    for (auto& b : file.blocks) {
        content = sum(content, b.content).value_or(kUnbounded);
        auto h = filters.empty() && b.header ? read_block_header(bytes.subspan(b.at)) : std::nullopt;
        if (!h) continue;
        for (auto& f : h->chain) filters += " " + filter_words(f);
        filters += " (dictionary " + human_size(lzma2::dictionary_of(h->chain.back().properties[0]).value_or(0)) + ")";
    }
    std::string checks;
    for (auto& s : file.streams) {
        more = more || s.cut;
        if (auto name = check_name(s.check); checks.find(name) == checks.npos) checks += (checks.empty() ? "" : " and ") + name;
    }
    auto count = [](size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); };
    auto out = file.streams.size() == 1 ? "xz stream: " : count(file.streams.size(), "xz stream") + ": ";
    out += count(file.blocks.size(), "block") + ", " + (more ? "at most " : "") + human_size(content) + " decoded, check " + checks;
    if (!filters.empty()) out += ", filters" + filters;
    if (more)
        out += ", cut short";
    else if (!file.sound)
        out += ", damaged";
    return out;
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto file = read(bytes.view(), false, cx);
    if (!file) return fail(Error::Kind::NotThis, "no xz stream: " + std::string(file.error().why));
    auto layout = TRY(layout_of(bytes.view(), *file));
    auto label = label_of(bytes.view(), *file);
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::make_unique<Content>(bytes, std::move(*file))};
}

constexpr std::string_view kLimits[] = {
    "a stream whose last filter is not LZMA2 is not recognised; none is known",
    "a stream damaged so that neither its chunks nor a footer within 64 MiB tell its end is not recognised",
    "made again byte for byte: what liblzma's presets and usual single options make; of other encoders (7-Zip) or depths the nearest is "
    "made",
    "more than 1000 streams behind each other are read, but have no recipe",
};

}  // namespace

namespace formats {
extern const Format xz{.id = "xz",
                       .title = "xz stream",
                       .magics = magics::xz,
                       .may_begin = may_begin,
                       .recognise = recognise,
                       .open = open,
                       .make = make,
                       .denser = denser,
                       .made_by = made_by,
                       .limits = kLimits,
                       .source = "XZ Utils: doc/xz-file-format.txt"};
}  // namespace formats

}  // namespace fieldstrip
