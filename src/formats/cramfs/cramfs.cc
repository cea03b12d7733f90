// cramfs, Linux's small read-only file system of before squashfs: a superblock (magic, size, flags, "Compressed ROMFS", crc32 of it all
// with the crc as 0, counts, a name, the root's inode), then the lists of all directories (inodes of 12 bytes with the names behind them,
// each list in one piece), then data: for each file a table of pointers to the end of each of its blocks, and the blocks, a page each, as
// zlib streams. Equal pointers are a hole. It is of the byte order of the machine that it was made for, its bit fields too. Boot code of
// 512 bytes may lie before the superblock; offsets count from there, the crc does not. Images of before 2000 (version 1) say no true size
// and have no crc. Source: Linux include/uapi/linux/cramfs_fs.h, fs/cramfs/README and inode.c; util-linux mkfs.cramfs.c and fsck.cramfs.c.
#include "base/text.h"
#include "formats/cramfs/magics.h"
#include "formats/cramfs/params.h"
#include "model/walk.h"

namespace fieldstrip {
namespace cramfs {
namespace {

using namespace std::literals;

constexpr FindingKind kFindings[] = {
    {"directories-damaged", Severity::Error, "Some directories can't be read to their end: what was in them is not listed."},
};
constexpr Bits kFlags[] = {{"version_2", 0, 1},       {"sorted_dirs", 1, 1},          {"holes", 8, 1},
                           {"wrong_signature", 9, 1}, {"shifted_root_offset", 10, 1}, {"ext_block_pointers", 11, 1}};

constexpr unsigned kSimilar = 12;  // of the signature's bytes, at least

unsigned signature_bits(const Super& s) {
    unsigned same = 0;
    for (size_t i = 0; i < 16; i++) same += s.signature[i] == u8(kSignature[i]);
    return same >= kSimilar ? 8 * same : 0;
}

bool crc_holds(ByteView bytes, u64 begin, const Super& s) {
    auto all = bytes.subspan(begin);
    u32 crc = crc32(all.first(kCrcAt));
    const u8 zeros[4] = {};
    crc = crc32(zeros, crc);
    return crc32(all.subspan(kCrcAt + 4), crc) == s.crc;
}

/// Only its tree says where it ends: of version 1, and where the size is damaged.
u64 end_by_tree(ByteView bytes, Place place) {
    u64 end = end_of_data(read_image(bytes, place));
    return std::min<u64>(end + gap_to(end, kPage), bytes.size());
}

struct Found {
    Extent extent;  // in the bytes that begin with the superblock, or with the boot code
    unsigned bits;
    bool sound;
    std::string_view why;
};

std::expected<Found, No> look(ByteView bytes, Place place, Context& cx) {
    auto no = [](std::string_view why) { return std::unexpected(No{why}); };
    auto s = read_super(bytes.subspan(place.begin, kSuper), place.endian);
    const unsigned signature = signature_bits(s);
    const u64 root = s.root.offset();
    const bool shifted = root == kBoot + kSuper, plain = root == kSuper;
    if (shifted && !place.begin && !(s.flags & flags::kShiftedRoot)) return no("its offsets count from 512 bytes before it");
    if (place.begin && (plain || (!shifted && !(s.flags & flags::kShiftedRoot)))) return no("its offsets count from itself");
    const bool size_good = s.size >= place.begin + kSuper && s.size <= kMostImage;
    const bool cut = s.size > bytes.size();
    if (!signature && (!s.version2() || !size_good || cut)) return no("neither signature nor a size that can be");
    Found f{{0, std::min<u64>(s.size, bytes.size())}, 32 + signature, false, "signature"};
    if (s.version2() && size_good && !cut) {
        // Work that a hostile image may ask for at each of its magics is counted like decoding.
        if (!cx.spend(&Limits::decoded, 0)) return no("limit");
        f.sound = crc_holds(bytes.first(s.size), place.begin, s);
        if (!f.sound) (void)cx.spend(&Limits::decoded, s.size);
        if (f.sound) {
            f.bits += 32;
            f.why = "crc32 over all of it";
            return f;
        }
        if (!signature) return no("neither signature nor crc32 is right");
    }
    // An image of -i and one behind boot code look the same: the crc tells.
    if (place.begin && (s.flags & flags::kShiftedRoot)) return no("its offsets may count from itself, and its crc32 is wrong");
    auto behind = bytes.subspan(place.begin + kSuper);
    if (behind.empty() || (s.root.size && one_value(behind.first(std::min(behind.size(), kPage)))))
        return no("nothing but its superblock is there");
    if (!s.version2() || !size_good) {
        if (!cx.spend(&Limits::decoded, 0)) return no("limit");
        f.extent.size = end_by_tree(bytes.first(std::min(bytes.size(), kMostImage)), place);
        (void)cx.spend(&Limits::decoded, f.extent.size);
        f.sound = !s.version2() && !(s.flags & ~flags::kKnown) && s.root.type() == kDirectory;
        f.why = "signature, and a tree that tells its end";
    }
    return f;
}

/// A signature; or that it is of a version that has a crc32, and all there.
bool may_begin(ByteView from) {
    auto place = find_super(from);
    if (!place) return false;
    auto super = from.subspan(place->begin, kSuper);
    unsigned same = 0;
    for (size_t i = 0; i < kSignature.size(); i++) same += super[kSignatureAt + i] == u8(kSignature[i]);
    auto word = [&](u64 at) { return load(super.subspan(at, 4), 4, place->endian); };
    const u64 size = word(4);
    return same >= kSimilar || (word(8) & flags::kVersion2 && size >= place->begin + kSuper && size <= std::min(from.size(), kMostImage));
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto bytes = space.subspan(at);
    auto place = find_super(bytes);
    if (!place) return std::unexpected(No{"no superblock of 76 bytes"});
    auto f = look(bytes, *place, cx);
    if (!f) return std::unexpected(f.error());
    return Claim{{at, f->extent.size}, f->bits, f->why, f->sound};
}

Result<Layout> walk(ByteView bytes, const Volume& v) {
    auto& s = v.image().super;
    Walk w(bytes, v.image().endian);
    w.mark("begin");
    if (v.image().begin) w.opaque("boot", kBoot);
    u8 magic[4];
    store(magic, 4, v.image().endian, kMagic);
    w.magic("magic", magic);
    auto size = w.u32("size");
    w.u32("flags").hex().bits(kFlags).is(kept_inside());
    w.u32("future").hex();
    auto signature = w.text("signature", 16);
    signature.is(kept_inside());
    auto crc = w.u32("crc").hex();
    auto edition = w.u32("edition");
    w.u32("blocks").is(kept_inside());
    w.u32("files").is(kept_inside());
    w.text("name", 16);
    w.raw("root", kInode).is(kept_inside());
    w.opaque("tree", w.left()).is(kept_inside());
    w.mark("end");
    if (s.version2()) {
        size.is(size_of({"begin", "end"}));
        crc.is(crc32_of({"magic", "end"}));
        if (s.size > bytes.size())
            w.finding({&findings::cut,
                       "its size is " + std::to_string(s.size) + ", and " + std::to_string(bytes.size()) + " bytes are there",
                       {0, bytes.size()}});
    } else {
        size.is(kept_inside());
        crc.is(kept_inside());
        edition.is(kept_inside());
    }
    u64 broken = 0;
    for (auto& n : v.image().nodes) broken += n.broken;
    if (broken)
        w.finding({&kFindings[0],
                   std::to_string(broken) + (broken == 1 ? " directory" : " directories") + " can't be read to the end",
                   {v.image().begin, bytes.size() - v.image().begin}});
    return std::move(w).done();
}

Result<Item> open(const Buffer& bytes, Context&) {
    auto place = find_super(bytes.view());
    if (!place) return fail(Error::Kind::NotThis, "no superblock");
    auto volume = std::make_unique<Volume>(bytes, *place);
    auto layout = TRY(walk(bytes.view(), *volume));
    auto& image = volume->image();
    auto name = as_text(image.super.name);
    auto label = "cramfs, "s + (image.endian == Endian::Big ? "big" : "little") + " endian" +
                 (image.super.version2() ? "" : ", version 1") + ": \"" + escape(name.substr(0, name.find('\0'))) + "\", " +
                 std::to_string(image.nodes.size()) + (image.nodes.size() == 1 ? " inode" : " inodes");
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::move(volume)};
}

Result<Rope> build(const Recipe& recipe, std::span<const Wanted> wanted, Context& cx) {
    return write(TRY(params_of(recipe)), wanted, nullptr, {}, cx);
}

constexpr std::string_view kLimits[] = {
    "extended block pointers (of images for execution in place) are read, not written",
    "a file that mkcramfs -i put before the directories is kept, and not made anew by --rebuild-all",
};

}  // namespace
}  // namespace cramfs

namespace formats {
extern const Format cramfs{.id = "cramfs",
                           .title = "cramfs file system",
                           .magics = magics::cramfs,
                           .may_begin = fieldstrip::cramfs::may_begin,
                           .recognise = fieldstrip::cramfs::recognise,
                           .open = fieldstrip::cramfs::open,
                           .build = fieldstrip::cramfs::build,
                           .made_by = fieldstrip::cramfs::made_by,
                           .findings = fieldstrip::cramfs::kFindings,
                           .limits = fieldstrip::cramfs::kLimits,
                           .source = "Linux: include/uapi/linux/cramfs_fs.h, fs/cramfs; util-linux: mkfs.cramfs.c, fsck.cramfs.c"};
}  // namespace formats

}  // namespace fieldstrip
