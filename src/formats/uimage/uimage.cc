// U-Boot's legacy image: a header of 64 bytes, its own and the data's crc32, then the data. All numbers are big-endian.
// Source: U-Boot, include/image.h (struct legacy_img_hdr, IH_*), boot/image.c (tables of names), tools/mkimage.c (multi-file and script
// tables).
#include "formats/uimage/magics.h"
#include "formats/uimage/names.h"
#include "model/format.h"
#include "model/walk.h"

namespace fieldstrip {
namespace {

constexpr u8 kMagic[] = {0x27, 0x05, 0x19, 0x56};
constexpr u64 kHeader = 64;
enum {
    kMulti = 4,
    kScript = 6
};

constexpr FindingKind kBothWrong{
    "both-checksums-wrong", Severity::Error,
    "A header whose own checksum and whose data's checksum are both wrong: nothing proves it, so it is no region."};
constexpr FindingKind kBytesBehind{
    "bytes-behind", Severity::Note,
    "Bytes lie behind the image in its file: mkimage -l then takes it for a GP header (of another kind of image)."};

constexpr FindingKind kFindings[] = {kBothWrong, kBytesBehind};

/// Several images behind a table of their sizes that ends with 0; each but the last is filled up to 4 bytes. True where such a table holds:
/// it ends, and what it names fills the data (mkimage leaves the last one unfilled).
bool has_table(ByteView data, u64 size) {
    u64 at = 0, total = 0, count = 0;
    for (;; count++) {
        if (at + 4 > std::min<u64>(size, data.size())) return false;
        u64 one = be32(data, at);
        at += 4;
        if (!one) break;
        total += gap_to(total, 4) + one;
        if (total > size) return false;
    }
    return count && at + total <= size && size - (at + total) < 4;
}

/// Where the last of the images would end, if it is there.
u64 walk_table(Walk& w, const Names& formats, u64 compression) {
    std::vector<u64> sizes;
    auto name = [](size_t i) { return "image-" + std::to_string(i); };
    while (w.good()) {
        auto i = sizes.size();
        auto size = w.u32(name(i) + "-size");
        if (!size) break;
        size.is(size_of(name(i)));
        sizes.push_back(size);
    }
    u64 end = w.here(), total = 0;
    for (size_t i = 0; i < sizes.size(); i++) {
        total += gap_to(total, 4) + sizes[i];
        auto part = w.part(name(i), sizes[i]);
        if (!i && formats.contains(compression)) part.said("compression", {formats.at(compression)});
        if (i + 1 < sizes.size()) w.pad(4);
    }
    return end + total;
}

Result<Layout> walk(ByteView bytes) {
    Walk w(bytes, Endian::Big);
    w.magic("magic", kMagic);
    w.u32("header_crc").is(crc32_of({"magic", "name"})).hex();
    w.u32("time").time();
    auto size = w.u32("size");
    w.u32("load").hex();
    w.u32("entry").hex();
    auto crc = w.u32("data_crc").hex();
    w.u8("os").in(uimage::kSystems);
    w.u8("arch").in(uimage::kMachines);
    u64 type = w.u8("type").in(uimage::kTypes);
    u64 compression = w.u8("compression").in(uimage::kCompressions);
    w.text("name", 32);
    w.mark("data");
    u64 data_at = w.here();
    if ((type == kMulti || type == kScript) && w.good() && has_table(w.ahead(), size)) {
        const u64 end = walk_table(w, uimage::kFormats, compression), rest = data_at + size - std::min(w.here(), data_at + size),
                  there = std::min(rest, w.left());
        if (there < rest && end <= bytes.size())  // else it was said of an image
            w.finding(
                {&findings::cut, "what fills it up is cut short: " + std::to_string(rest - there) + " bytes are missing", {end, there}});
        if (there) w.opaque("end-filler", there);
    } else {
        auto part = w.part("payload", size);
        if (auto f = uimage::kFormats.find(compression); f != uimage::kFormats.end())
            part.said("compression", {f->second});
        else if (!compression)
            part.said("compression", {""});
    }
    w.mark("end");
    size.is(size_of({"data", "end"}));
    crc.is(crc32_of({"data", "end"}));
    w.finding({&kFindings[1],
               "mkimage -l and dumpimage look at the whole file: with bytes behind it they call this a GP header; cut it out first",
               {0, kHeader},
               Finding::When::BytesBehind});
    return std::move(w).done();
}

/// What codes that U-Boot knows speak for a header that no checksum proves.
unsigned known_codes(ByteView header) {
    return (uimage::kSystems.contains(header[28]) ? 3 : 0) + (uimage::kMachines.contains(header[29]) ? 3 : 0) +
           (uimage::kTypes.contains(header[30]) ? 2 : 0) + (uimage::kCompressions.contains(header[31]) ? 5 : 0);
}

/// What a name speaks for a header that no checksum proves: text, then NULs to its end.
unsigned name_bits(ByteView name) {
    unsigned bits = 0;
    auto nul = std::find(name.begin(), name.end(), 0);
    for (auto c = name.begin(); c != nul; ++c) {
        if (*c < 0x20 || *c > 0x7E) return 0;
        bits += 1;
    }
    for (auto c = nul; c != name.end(); ++c) {
        if (*c) return 0;
        bits += 8;
    }
    return bits;
}

/// The header's own checksum, without anything that allocates: most places with the magic are nothing.
bool header_holds(ByteView bytes) {
    u8 header[kHeader];
    std::memcpy(header, bytes.data(), kHeader);
    std::memset(header + 4, 0, 4);
    return crc32(header) == be32(bytes, 4);
}

/// Neither its own checksum nor, of data that is there, that of the data can speak for it, and its codes and name do not: what they say is
/// held against the fewest bits that any image of these bytes asks for.
bool may_begin(ByteView from) {
    if (from.size() < kHeader) return false;
    if (be32(from, 12) <= from.size() - kHeader || header_holds(from)) return true;
    constexpr unsigned kMostCodes = 13;
    const unsigned bits = 32 + name_bits(from.subspan(32, 32)), enough = unsigned(std::bit_width(from.size())) + 20;
    return bits + kMostCodes > enough && bits + known_codes(from) > enough;
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto bytes = space.subspan(at);
    if (bytes.size() < kHeader || !starts_with(bytes, "\x27\x05\x19\x56")) return std::unexpected(No{"no header of 64 bytes"});
    const u64 said = be32(bytes, 12), there = std::min(said, bytes.size() - kHeader);
    const bool header = header_holds(bytes), whole = said == there;
    const auto data = bytes.subspan(kHeader, there);
    bool sums = false;
    if (whole) {
        // Work that a hostile image may ask for at each of its magics is counted like decoding.
        if (!header && !cx.spend(&Limits::decoded, there)) return std::unexpected(No{"limit"});
        sums = crc32(data) == be32(bytes, 24);
    }
    const bool proof = sums && there && !one_value(data);  // a sum over bytes of one value proves little
    const Extent extent{at, kHeader + there};
    constexpr unsigned kMagicBits = 32, kCrcBits = 32;
    if (header)
        return Claim{extent, kMagicBits + kCrcBits + (proof ? kCrcBits : 0), sums ? "crc32 of header and of data" : "crc32 of header",
                     sums};
    if (proof) return Claim{extent, kMagicBits + kCrcBits, "crc32 of data of exactly the size that the header says", false};
    unsigned bits = kMagicBits + known_codes(bytes) + name_bits(bytes.subspan(32, 32)) + (whole ? 8 : 0);
    return Claim{extent, bits, "both checksums are wrong", false, &kFindings[0]};
}

Result<Item> open(const Buffer& bytes, Context&) {
    auto layout = TRY(walk(bytes.view()));
    auto value = [&](const char* name) {
        auto& p = *layout.find(name);
        return show(p, bytes.view().subspan(p.extent.offset, p.extent.size));
    };
    auto label = "U-Boot legacy image: \"" + value("name") + "\", " + value("os") + ", " + value("arch") + ", " + value("type") +
                 ", compression " + value("compression");
    return Item{.label = std::move(label), .layout = std::move(layout)};
}

constexpr std::string_view kLimits[] = {"a multi-file image whose table of sizes does not fill its data is shown as one payload"};

}  // namespace

namespace formats {
extern const Format uimage{.id = "uimage",
                           .title = "U-Boot legacy image",
                           .magics = magics::uimage,
                           .may_begin = may_begin,
                           .recognise = recognise,
                           .open = open,
                           .findings = kFindings,
                           .limits = kLimits,
                           .source = "U-Boot: include/image.h, boot/image.c, tools/mkimage.c"};
}  // namespace formats

}  // namespace fieldstrip
