// Linux's zImage of 32-bit ARM: a stub that decodes the kernel that it carries. A header of three words says that it is one, at which
// address it is linked and how long it is; newer ones have a table that says where the size of the decoded kernel stands, which is the end
// of what is decoded. Words are in the kernel's endianness.
//
// Source: Linux, arch/arm/boot/compressed/head.S (header, .Linflated_size_offset), vmlinux.lds.S (ZIMAGE table), piggy.S;
// Documentation/arch/arm/booting.rst.
#include "codecs/kernel_payload.h"
#include "formats/zimage/magics.h"
#include "model/format.h"

namespace fieldstrip {
namespace zimage {
namespace {

constexpr auto kLittle = magics::zimage[0].bytes, kBig = magics::zimage[1].bytes;
constexpr u64 kMagicAt = magics::zimage[0].offset, kHeader = 0x30;
constexpr u32 kEndianness = 0x04030201, kHasTable = 0x45454545, kSizes = 0x5A534C4B;  // "KLSZ", the table's tag
constexpr u64 kMostStub = u64{512} << 10;                                             // before the payload; usual are 20 to 60 KiB

constexpr FindingKind kFindings[] = {
    {"payload-not-found", Severity::Warning, "Where the compressed kernel begins or ends could not be found: it is kept as it is."},
};

struct Shape {
    Endian endian = Endian::Little;
    u64 start = 0, size = 0;  // the address that it is linked to; how long it is
    bool has_endianness = false;
    Extent payload = {};         // with the size behind it, where there is one
    std::string_view kind = {};  // of the payload
    unsigned bits = 0;
};

u32 word(ByteView b, u64 at, Endian e) { return u32(load(b.subspan(at, 4), 4, e)); }

/// Where the size of the decoded kernel stands, as the table says.
std::optional<u64> size_at(ByteView b, const Shape& s) {
    constexpr u64 kMostTags = 16;
    if (b.size() < 0x3C || word(b, 0x34, s.endian) != kHasTable) return {};
    u64 at = word(b, 0x38, s.endian);
    for (u64 i = 0; i < kMostTags && at <= b.size() && b.size() - at >= 12; i++) {
        const u64 words = word(b, at, s.endian);
        if (words < 2 || words > 1024) break;
        if (word(b, at + 4, s.endian) == kSizes) return word(b, at + 8, s.endian);
        at += words * 4;
    }
    return {};
}

/// The payload, told by the table; without one by decoding.
void find_payload(ByteView b, Shape& s, Context& cx) {
    auto found = kernel_stream::find(b, {kHeader, std::min(kMostStub, s.size)});
    if (found.kind.empty()) return;
    s.bits += 24;
    const u64 behind = found.kind == "gzip" ? 0 : 4;  // the size, where the stream does not end with it
    if (auto at = size_at(b, s); at && *at > found.at && *at + 4 <= s.size) {
        s.kind = found.kind, s.payload = {found.at, *at + 4 - found.at}, s.bits += 32;
        return;
    }
    auto m = kernel_stream::measure(b.subspan(found.at), found.kind, cx);
    if (!m || m->used + behind > b.size() - found.at) return;
    const u64 end = found.at + m->used + behind;
    // What stands there may be wrong: then a check says so.
    s.kind = found.kind, s.payload = {found.at, end - found.at}, s.bits += le32(b, end - 4) == u32(m->made) ? 32 : 0;
}

/// What its header alone says.
std::expected<Shape, std::string_view> head_of(ByteView there) {
    if (there.size() < kHeader) return std::unexpected("too little is there");
    Shape s;
    const auto magic = there.subspan(kMagicAt);
    if (starts_with(magic, kBig))
        s.endian = Endian::Big;
    else if (!starts_with(magic, kLittle))
        return std::unexpected("no magic");
    s.start = word(there, 0x28, s.endian);
    const u64 end = word(there, 0x2C, s.endian);
    if (end <= s.start || end - s.start < 0x1000 || s.start % 4) return std::unexpected("its addresses can't be");
    s.size = end - s.start, s.bits = 32;
    s.has_endianness = there.size() >= 0x34 && word(there, 0x30, s.endian) == kEndianness;
    // Older ones begin with eight times "mov r0, r0", newer ones with at least one, or with what makes it a PE file.
    unsigned nops = 0;
    for (u64 at = 0; at < 0x20; at += 4)
        nops += word(there, at, Endian::Little) == 0xE1A00000 || word(there, at, Endian::Big) == 0xE1A00000;
    s.bits += (s.has_endianness ? 32 : 0) + std::min(nops, 7u) * 16;
    if (s.bits < 64) return std::unexpected("nothing but its magic speaks for it");
    return s;
}

std::expected<Shape, std::string_view> shape_of(ByteView there, Context& cx) {
    auto head = head_of(there);
    if (!head) return head;
    auto& s = *head;
    if (!cx.spend(&Limits::decoded, std::min<u64>(kMostStub, there.size()))) return std::unexpected("limit");
    find_payload(there.first(std::min<u64>(there.size(), s.size)), s, cx);
    return head;
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto there = space.subspan(at);
    auto s = shape_of(there, cx);
    if (!s) return std::unexpected(No{s.error(), {at, std::min<u64>(kHeader, there.size())}});
    const bool cut = s->size > there.size();
    if (cut && s->kind.empty()) return std::unexpected(No{"it is cut before its compressed kernel"});
    return Claim{{at, std::min<u64>(s->size, there.size())}, s->bits, "its header and the compressed kernel in it", !cut};
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto s = shape_of(bytes.view(), cx);
    if (!s) return fail(Error::Kind::NotThis, std::string(s.error()));
    const bool big = s->endian == Endian::Big;
    Walk w(bytes.view(), s->endian);
    w.mark("begin");
    w.opaque("code", kMagicAt);
    w.magic("magic", as_bytes(big ? kBig : kLittle));
    w.u32("start").hex().is(kept_inside());
    w.u32("end").hex().is(size_of({"begin", "edata"}) + i64(s->start));
    if (s->has_endianness) w.u32("endianness").hex().is(kept_inside());
    const u64 end = std::min<u64>(s->size, bytes.size());
    if (s->kind.empty()) {
        w.finding({&kFindings[0], "no compressed kernel was found in it, or not where it ends", {w.here(), end - w.here()}});
        w.opaque("rest", end - w.here());
    } else {
        w.slot("stub", s->payload.offset - w.here());
        kernel_payload::note(w, s->payload.size, s->kind, cx);
        w.slot("rest", end - std::min(end, w.here()));
    }
    w.mark("edata");
    if (s->size > bytes.size())
        w.finding({&findings::cut,
                   "its size is " + std::to_string(s->size) + ", and " + std::to_string(bytes.size()) + " bytes are there",
                   {0, bytes.size()}});
    auto label = "Linux zImage, ARM" + std::string(big ? ", big-endian" : "") + (s->start ? ", linked to a fixed address" : "");
    label += s->kind.empty() ? "" : ", kernel in " + std::string(s->kind);
    return Item{.label = std::move(label), .layout = TRY(std::move(w).done())};
}

constexpr std::string_view kLimits[] = {
    "a compressed kernel can become shorter, and not longer than its place: what lies behind it is linked to where it is",
};

}  // namespace
}  // namespace zimage

namespace formats {
extern const Format zimage{.id = "zimage",
                           .title = "Linux zImage (ARM)",
                           .magics = magics::zimage,
                           .may_begin = [](ByteView from) { return fieldstrip::zimage::head_of(from).has_value(); },
                           .recognise = fieldstrip::zimage::recognise,
                           .open = fieldstrip::zimage::open,
                           .findings = fieldstrip::zimage::kFindings,
                           .limits = fieldstrip::zimage::kLimits,
                           .source = "Linux: arch/arm/boot/compressed/head.S, vmlinux.lds.S, piggy.S"};
}  // namespace formats

}  // namespace fieldstrip
