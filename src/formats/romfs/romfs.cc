// romfs, Linux's smallest file system: a superblock (magic, size, a sum, the volume's name), then headers on a grid of 16 bytes (where the
// next one of the same directory is, with the type in its low bits; what that type needs; size; a sum; the name) with the data of files
// and symlinks behind them. A directory says where its list begins; "." and ".." are in it as hard links. The words of a header with its
// name, and those of the first 512 bytes, add up to 0; nothing is over the data. There are no owners, times or permissions but one bit "x".
// Source: Linux Documentation/filesystems/romfs.rst, fs/romfs/super.c; genromfs.c for what its maker writes.
#include "base/text.h"
#include "formats/romfs/magics.h"
#include "formats/romfs/volume.h"
#include "model/walk.h"

namespace fieldstrip {
namespace romfs {
namespace {

constexpr FindingKind kFindings[] = {
    {"directories-damaged", Severity::Error, "Some directories can't be read to their end: what was in them is not listed."},
};

/// The words of the first 512 bytes add up to 0, and the field is what makes them.
const Digest kSum{"romfs_sum", true, [](const Feed& feed) {
                      u32 sum = 0;
                      u64 at = 0;
                      feed([&](ByteView v) {
                          for (u8 b : v) sum += u32(b) << (24 - 8 * (at++ % 4));
                      });
                      return big_endian(u32(0 - sum), 4);
                  }};

u64 summed(u64 size) { return std::min(size, kSummed) & ~u64{3}; }

/// A header whose sum holds, among the first ones, and whose numbers can be: tables of programs add up to 0 now and then.
bool header_holds(ByteView bytes) {
    for (u64 at = 2 * kGrid; at < std::min<u64>(bytes.size(), 2 * kSummed); at += kGrid) {
        auto head = head_at(bytes, at);
        if (!head || !head->name) continue;
        const auto& h = head->header;
        if ((h.next_at() && (h.next_at() <= at || h.next_at() >= bytes.size())) || h.size >= bytes.size() - at) continue;
        u64 size = head_size(head->name);
        if (size <= bytes.size() - at && !sum_of(bytes.subspan(at, size))) return true;
    }
    return false;
}

/// Its size and its name, which the root stands behind.
bool may_begin(ByteView from) {
    if (from.size() <= 2 * kHeader) return false;
    const u64 size = be32(from, kSizeAt);
    if (size <= 2 * kHeader) return false;
    auto there = from.first(std::min(size, from.size()));
    auto volume = volume_name(there);
    return volume && head_size(*volume) + kHeader < there.size();
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto no = [](std::string_view why) { return std::unexpected(No{why}); };
    auto bytes = space.subspan(at);
    if (bytes.size() <= 2 * kHeader || !starts_with(bytes, kMagic)) return no("no superblock");
    const u64 size = be32(bytes, kSizeAt);
    if (size <= 2 * kHeader) return no("of such a size it is nothing");
    const bool cut = size > bytes.size();
    auto there = bytes.first(std::min(size, bytes.size()));
    auto volume = volume_name(there);
    if (!volume || head_size(*volume) + kHeader >= there.size()) return no("nothing but its superblock is there");
    constexpr unsigned kMagicBits = 64, kSumBits = 32;
    bool sum = (!cut || bytes.size() >= kSummed) && !sum_of(there.first(summed(size)));
    if (sum && one_value(there.subspan(head_size(*volume), std::min(there.size(), kSummed + 1) - std::min(kSummed, head_size(*volume)))))
        sum = false;
    // Work that a hostile image may ask for at each of its magics is counted like decoding.
    if (!sum && !cx.spend(&Limits::decoded, 64 * kSummed)) return no("limit");
    if (!sum && !header_holds(there)) return no("neither its sum nor that of a header holds");
    return Claim{{at, there.size()}, kMagicBits + kSumBits, sum ? "the sum of its first 512 bytes" : "the sum of a header", sum && !cut};
}

Result<Layout> walk(ByteView bytes, const Image& image) {
    Walk w(bytes, Endian::Big);
    w.mark("begin");
    w.magic("magic", as_bytes(kMagic));
    const u64 checked = std::max(summed(std::min<u64>(be32(bytes, kSizeAt), bytes.size())), kHeader);
    auto size = w.u32("size");
    auto sum = w.u32("checksum").hex();
    u64 name = std::min<u64>(image.root_at(), checked) - kHeader;
    w.text("name", name).is(kept_inside());  // the root is where it ends
    w.opaque("tree", checked - w.here()).is(kept_inside());
    w.mark("checked");
    w.opaque("rest", w.left()).is(kept_inside());
    w.mark("end");
    size.is(size_of({"begin", "end"}));
    sum.is(digest_of(kSum, {{"magic", "checked"}}));
    if (u64 said = be32(bytes, kSizeAt); said > bytes.size())
        w.finding({&findings::cut,
                   "its size is " + std::to_string(said) + ", and " + std::to_string(bytes.size()) + " bytes are there",
                   {0, bytes.size()}});
    u64 broken = 0;
    for (auto& n : image.nodes) broken += n.broken && n.header.type() != kHardLink;
    if (broken)
        w.finding({&kFindings[0],
                   std::to_string(broken) + (broken == 1 ? " directory" : " directories") + " can't be read to the end",
                   {0, bytes.size()}});
    return std::move(w).done();
}

Result<Item> open(const Buffer& bytes, Context&) {
    if (bytes.size() <= 2 * kHeader || !starts_with(bytes.view(), kMagic)) return fail(Error::Kind::NotThis, "no superblock");
    auto volume = std::make_unique<Volume>(bytes);
    auto& image = volume->image();
    auto layout = TRY(walk(bytes.view(), image));
    auto label = "romfs: \"" + escape(as_text(volume->params().volume)) + "\", " + std::to_string(image.nodes.size() - 1) +
                 (image.nodes.size() == 2 ? " entry" : " entries");
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::move(volume)};
}

Result<Rope> build(const Recipe& recipe, std::span<const Wanted> wanted, Context& cx) {
    return write(TRY(params_of(recipe)), wanted, nullptr, cx);
}

constexpr std::string_view kLimits[] = {
    "of permissions there is one bit (x): a mode is 0755 or 0644, and a new entry's is the one with its x",
};

}  // namespace
}  // namespace romfs

namespace formats {
extern const Format romfs{.id = "romfs",
                          .title = "romfs file system",
                          .magics = magics::romfs,
                          .may_begin = fieldstrip::romfs::may_begin,
                          .recognise = fieldstrip::romfs::recognise,
                          .open = fieldstrip::romfs::open,
                          .build = fieldstrip::romfs::build,
                          .made_by = fieldstrip::romfs::made_by,
                          .findings = fieldstrip::romfs::kFindings,
                          .limits = fieldstrip::romfs::kLimits,
                          .source = "Linux: Documentation/filesystems/romfs.rst, fs/romfs; genromfs: genromfs.c"};
}  // namespace formats

}  // namespace fieldstrip
