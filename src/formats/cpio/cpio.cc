// cpio: a row of members, each a header (inode, mode, owner, links, time, sizes), a name with its NUL, and the data; a member named
// TRAILER!!! ends it. Headers are ASCII hex (newc: 070701; crc: 070702, the same with a sum of each file's bytes), ASCII octal (odc:
// 070707) or 16-bit words (bin: 070707 in either order of bytes; 32-bit values with the high word first). Name and data are each filled up
// to 4 in newc and crc, to 2 in bin. Hard links are members with one inode; in newc and crc one of them has the data, GNU cpio's last. What
// a kernel is given may be several archives, with zeros between: it reads on. Source: Linux,
// Documentation/driver-api/early-userspace/buffer-format.rst, init/initramfs.c, usr/gen_init_cpio.c; cpio(5) of libarchive; POSIX pax,
// "cpio interchange format"; GNU cpio's manual and what it writes.
#include "formats/cpio/magics.h"
#include "formats/cpio/volume.h"
#include "model/walk.h"

namespace fieldstrip {
namespace cpio {
namespace {

using namespace std::literals;

constexpr FindingKind kNoTrailer{"no-trailer", Severity::Error,
                                 "An archive breaks off: behind its last readable member there is neither another one nor its trailer."};
constexpr FindingKind kFindings[] = {kNoTrailer};

/// Before all of a member is read: of the magic of two bytes, which code is full of, a type that there is, or the length of a trailer's
/// name.
bool may_begin(ByteView from) {
    if (from.size() >= 26 && from[0] != '0') {
        const auto endian = from[0] == 0xC7 ? Endian::Little : Endian::Big;
        const u64 type = load(from.subspan(6, 2), 2, endian) >> 12, name = load(from.subspan(20, 2), 2, endian);
        constexpr unsigned kTypes = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12;
        if (!(kTypes >> type & 1) && name != kTrailer.size() + 1) return false;
    }
    return read_member(from, 0).has_value();
}

Answer recognise(ByteView space, u64 at, Context&) {
    if (!read_member(space, at)) return std::unexpected(No{"no header", {at, 0}});
    auto all = read_region(space, at, [](const Member&) {}, [](const Run&, bool) {});
    Claim claim{{at, all.end - at}, all.bits, "members up to the trailer"};
    if (all.how == Run::How::Whole) return claim;
    if (!all.members) return std::unexpected(No{"no member behind the header", {at, 0}});
    if (all.members == 1 && shape_of(all.variant).weak())
        return std::unexpected(No{"one header, which little proves, and no trailer", {at, 0}});
    claim.why = all.how == Run::How::Cut ? "members, cut by the end of the space" : "members, without a trailer";
    claim.sound = false;
    return claim;
}

std::string count(u64 n, const char* what) { return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s"); }

std::string words_for(Variant v) {
    switch (v) {
        case Variant::Newc: return "newc";
        case Variant::Crc: return "crc";
        case Variant::Odc: return "odc";
        case Variant::BinLittle: return "old binary, little endian";
        case Variant::BinBig: return "old binary, big endian";
    }
    return "";
}

Result<Item> open(const Buffer& bytes, Context&) {
    std::vector<Variant> variants;
    u64 archives = 0;
    auto all = read_region(
        bytes.view(), 0, [](const Member&) {},
        [&](const Run& r, bool belongs) {
            if (!belongs) return;
            archives++;
            if (std::find(variants.begin(), variants.end(), r.variant) == variants.end()) variants.push_back(r.variant);
        });
    bool whole = all.how == Run::How::Whole;
    if (!whole && !all.members) return fail(Error::Kind::NotThis, "no cpio header");
    Walk w(bytes.view(), Endian::Big);
    w.opaque("members", bytes.size()).is(kept_inside());
    if (all.how == Run::How::Cut)
        w.finding({&findings::cut, "the archive is cut short: its last member goes on behind the end", {all.end, 0}});
    else if (!whole)
        w.finding({&kFindings[0], "the archive breaks off at " + std::to_string(all.end) + ": there is no trailer", {all.end, 0}});
    std::string label = "cpio archive (";
    for (size_t i = 0; i < variants.size(); i++) label += (i ? "; " : "") + words_for(variants[i]);
    label += archives > 1 ? "), " + count(archives, "archive") : ")";
    label += ", " + std::to_string(all.members) + (all.members == 1 ? " entry" : " entries");
    return Item{.label = std::move(label), .layout = TRY(std::move(w).done()), .inside = std::make_unique<Volume>(bytes)};
}

/// One archive's maker: the tool whose habits these are.
std::string maker_of(const Style& s) {
    bool lower = s.digits.which == Digits::Lower;
    switch (s.variant) {
        case Variant::Newc: return lower ? "bsdcpio -o --format newc" : "cpio -o -H newc";
        case Variant::Crc: return "cpio -o -H crc";
        case Variant::Odc: return "cpio -o -H odc";
        case Variant::BinLittle: return "cpio -o -H bin";
        case Variant::BinBig: return "cpio -o -H bin (big endian)";
    }
    return "";
}

std::string made_by(const Recipe& r) {
    auto styles = styles_of(r);
    if (!styles) return "";
    constexpr size_t kShown = 4;
    std::string out;
    for (size_t i = 0; i < styles->size() && i < kShown; i++) out += (i ? "; " : "") + maker_of((*styles)[i]);
    if (styles->size() > kShown) out += "; " + std::to_string(styles->size() - kShown) + " more";
    return out;
}

constexpr std::string_view kLimits[] = {"an archive that breaks off ends there; what can be read behind it is another one",
                                        "a hard link can't lead from one archive of an image to another"};

}  // namespace
}  // namespace cpio

namespace formats {
extern const Format cpio{.id = "cpio",
                         .title = "cpio archive",
                         .magics = magics::cpio,
                         .may_begin = cpio::may_begin,
                         .recognise = cpio::recognise,
                         .open = cpio::open,
                         .build = cpio::build,
                         .made_by = cpio::made_by,
                         .findings = cpio::kFindings,
                         .limits = cpio::kLimits,
                         .source = "Linux: buffer-format.rst, init/initramfs.c; cpio(5); POSIX pax"};
}  // namespace formats

}  // namespace fieldstrip
