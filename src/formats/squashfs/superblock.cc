#include "formats/squashfs/superblock.h"

namespace fieldstrip::squashfs {
namespace {

constexpr u64 kSize4 = 96, kAbsent = ~u64{0};
/// Of versions 1 to 3.
constexpr u64 size_of_old(u64 major) { return major == 1 ? 51 : major == 2 ? 63 : 119; }

/// Vendors who changed the format said so in the magic; the rest is version 3's, or 2's.
struct Known {
    std::string_view magic;
    Endian endian;
};
constexpr Known kKnown[] = {{"hsqs", Endian::Little}, {"sqsh", Endian::Big},    {"shsq", Endian::Little}, {"qshs", Endian::Big},
                            {"tqsh", Endian::Big},    {"hsqt", Endian::Little}, {"sqlz", Endian::Big}};
inline const Known* known(ByteView bytes) {
    for (auto& k : kKnown)
        if (bytes[0] == u8(k.magic[0]) && bytes[2] == u8(k.magic[2]) && bytes[3] == u8(k.magic[3]) && bytes[1] == u8(k.magic[1])) return &k;
    return nullptr;
}
constexpr u64 kMetadata = 8192;  // bytes in a metadata block, unpacked; packed ones are never longer

const Names kCompressions = {{1, "gzip"}, {2, "lzma"}, {3, "lzo"}, {4, "xz"}, {5, "lz4"}, {6, "zstd"}};
constexpr Bits kFlags4[] = {{"noi", 0, 1},     {"nod", 1, 1},         {"check", 2, 1},     {"nof", 3, 1},
                            {"no_frag", 4, 1}, {"always_frag", 5, 1}, {"duplicate", 6, 1}, {"export", 7, 1},
                            {"nox", 8, 1},     {"no_xattr", 9, 1},    {"comp_opt", 10, 1}, {"noid", 11, 1}};
constexpr std::span<const Bits> kFlags3 = std::span(kFlags4).first(8);

/// The tables that a superblock names, in the order that their indices have on disk. Linux asks for this order too.
struct Tables {
    u64 inode = 0, directory = 0, fragment = kAbsent, lookup = kAbsent, id = kAbsent, xattr = kAbsent;
};

class Reader {
  public:
    Reader(ByteView bytes, const Known& k) : bytes_(bytes), known_(k), endian_(k.endian), w_(bytes, endian_) {}

    Result<Superblock> read() {
        u64 major = load(bytes_.subspan(28, 2), 2, endian_);
        w_.magic("s_magic", as_bytes(known_.magic));
        if (major == 4)
            version4();
        else
            old(major);
        bool cut = used_ > bytes_.size();
        if (cut)
            w_.finding({&findings::cut,
                        "bytes_used is " + std::to_string(used_) + ", and " + std::to_string(bytes_.size()) + " bytes are there",
                        {0, bytes_.size()}});
        u64 end = std::min<u64>(used_, bytes_.size());
        w_.opaque("data", end - std::min(end, w_.here()));
        return Superblock{TRY(std::move(w_).done()), endian_, unsigned(major), used_, block_, cut};
    }

  private:
    /// A field that the rest of the file system hangs on: nobody may set it.
    Walk::Noted fixed(std::string_view name, unsigned width) { return w_.number(name, width).is(kept_inside()); }
    u64 place(std::string_view name) { return fixed(name, 8).hex(); }

    void version4() {
        fixed("inodes", 4);
        w_.u32("mkfs_time").time();
        u64 block = fixed("block_size", 4), fragments = fixed("fragments", 4);
        u64 compression = fixed("compression", 2).in(kCompressions), log = fixed("block_log", 2);
        u64 flags = fixed("flags", 2).hex().bits(kFlags4), ids = fixed("no_ids", 2);
        u64 major = fixed("s_major", 2), minor = fixed("s_minor", 2);
        u64 root = place("root_inode");
        used_ = fixed("bytes_used", 8);
        Tables t;
        t.id = place("id_table_start"), t.xattr = place("xattr_id_table_start"), t.inode = place("inode_table_start");
        t.directory = place("directory_table_start"), t.fragment = place("fragment_table_start"), t.lookup = place("lookup_table_start");
        w_.require(major == 4 && minor == 0, "a version that nobody knows", 32);
        w_.require(kCompressions.contains(compression), "a compression that nobody knows", 13);
        w_.require(!(flags >> 12), "flags that nobody knows", 4);
        w_.require(ids > 0, "no owner at all");
        if (!fragments) t.fragment = kAbsent;
        common(block, log, root, t, kSize4);
        w_.require(t.id != kAbsent && leads_inside(t.id, (ids + 2047) / 2048, t), "the table of ids leads outside", 20);
        w_.require(t.xattr == kAbsent || xattr_holds(t), "the table of extended attributes leads outside");
        // A table whose first block is damaged is said so by who reads it: the file system is there all the same.
        if (metadata(t.directory, std::min({t.fragment, t.lookup, t.id, t.xattr, used_}))) w_.evidence(2);
        finish(t, fragments);
    }

    /// Version 3 left the fields of version 2 as they were in memory.
    void old(u64 major) {
        const bool three = major == 3;
        auto then = [&](const std::string& name) { return fixed(three ? name + "_2" : name, 4).hex(); };
        fixed("inodes", 4);
        Tables t;
        used_ = then("bytes_used");
        u64 uid = then("uid_start"), guid = then("guid_start");
        t.inode = then("inode_table_start"), t.directory = then("directory_table_start");
        u64 stated = fixed("s_major", 2), minor = fixed("s_minor", 2), block = fixed("block_size_1", 2).hex(), log = fixed("block_log", 2);
        const u64 flags = fixed("flags", 1).hex().bits(kFlags3);
        u64 uids = fixed("no_uids", 1), guids = fixed("no_guids", 1), fragments = 0;
        w_.u32("mkfs_time").time();
        u64 root = place("root_inode");
        if (major > 1) {
            block = fixed("block_size", 4), fragments = fixed("fragments", 4);
            t.fragment = then("fragment_table_start");
        }
        if (three) {
            used_ = fixed("bytes_used", 8);
            uid = place("uid_start"), guid = place("guid_start");
            t.inode = place("inode_table_start"), t.directory = place("directory_table_start"), t.fragment = place("fragment_table_start");
            t.lookup = place("lookup_table_start");
        }
        header_ = !three && flags & 4 ? 3 : 2, width_ = major == 2 ? 4 : 8;
        w_.require(stated == major && minor <= 1, "a version that nobody knows", 31);
        if (!fragments) t.fragment = kAbsent;
        common(block, log, root, t, size_of_old(major));
        auto list = [&](u64 at, u64 count) { return !count || (at >= t.directory && at <= used_ && used_ - at >= 4 * count); };
        w_.require(list(uid, uids) && list(guid, guids) && uids + guids, "the lists of owners lead outside", 20);
        finish(t, fragments);
    }

    void common(u64 block, u64 log, u64 root, const Tables& t, u64 own) {
        block_ = block;
        w_.require(log >= 12 && log <= 20 && block == u64{1} << log, "block_size and block_log contradict each other", 32 + 12);
        w_.require(used_ > own && used_ < u64{1} << 48, "bytes_used", 16);
        w_.require(t.inode >= own && t.inode < t.directory && t.directory < used_, "tables that are not in their order", 20);
        w_.require(root >> 16 < t.directory - t.inode && (root & 0xFFFF) < kMetadata, "the root is not in the inode table", 16);
        if (metadata(t.inode, t.directory)) w_.evidence(2);
    }
    void finish(const Tables& t, u64 fragments) {
        const u64 entries = width_ == 4 ? 1024 : 512;  // of a fragment, in a metadata block
        w_.require(t.fragment == kAbsent || leads_inside(t.fragment, (fragments + entries - 1) / entries, t, width_),
                   "the table of fragments leads outside");
        // How many inodes there are may be damaged: the first place will do.
        w_.require(t.lookup == kAbsent || leads_inside(t.lookup, 1, t), "the table of inodes leads outside");
        u64 last = t.directory;
        for (u64 table : {t.fragment, t.lookup, t.id, t.xattr}) {
            if (table == kAbsent) continue;
            w_.require(table >= last && table < used_, "tables that are not in their order", 8);
            last = table;
        }
    }

    /// Whether a metadata block may begin at `at` and lies before `end`; true where the bytes are cut off.
    bool metadata(u64 at, u64 end) const {
        if (at > end || end - at <= header_) return false;
        if (at > bytes_.size() || bytes_.size() - at < 2) return true;
        u64 size = load(bytes_.subspan(at, 2), 2, endian_) & 0x7FFF;
        return size && size <= kMetadata && size <= end - at - header_;
    }
    /// An index of `count` places of metadata blocks, which lie behind the directories and before it.
    bool leads_inside(u64 at, u64 count, const Tables& t, unsigned width = 8) const {
        if (at <= t.directory || at > used_ || (used_ - at) / width < count) return false;
        if (at > bytes_.size() || bytes_.size() - at < width) return true;
        u64 first = load(bytes_.subspan(at, width), width, endian_);
        return first >= t.directory && first < at && metadata(first, at);
    }
    bool xattr_holds(const Tables& t) const {
        if (t.xattr <= t.directory || t.xattr > used_ || used_ - t.xattr < 16) return false;
        if (t.xattr > bytes_.size() || bytes_.size() - t.xattr < 8) return true;
        return load(bytes_.subspan(t.xattr, 8), 8, endian_) < t.xattr;
    }

    ByteView bytes_;
    const Known& known_;
    Endian endian_;
    Walk w_;
    u64 used_ = 0, block_ = 0;
    unsigned header_ = 2, width_ = 8;  // bytes before a metadata block; of a place in a list of fragments
};

}  // namespace

bool looks_like_superblock(ByteView bytes) {
    if (bytes.size() <= kSize4) return false;
    auto* k = known(bytes);
    if (!k) return false;
    auto number = [&](u64 at, unsigned width) { return load(bytes.subspan(at, width), width, k->endian); };
    const u64 major = number(28, 2);
    if (!major || major > 4) return false;
    const u64 log = number(major == 4 ? 22 : 34, 2);
    if (log < 12 || log > 20 || (major == 4 && k->magic != "hsqs" && k->magic != "sqsh")) return false;
    if (bytes.size() <= (major == 4 ? kSize4 : size_of_old(major))) return false;
    return number(major == 4 ? 12 : major == 1 ? 32 : 51, major == 1 ? 2 : 4) == (u64{1} << log);
}

Result<Superblock> read_superblock(ByteView bytes) {
    if (!looks_like_superblock(bytes)) return fail(Error::Kind::NotThis, "no superblock of a version that is known");
    return Reader(bytes, *known(bytes)).read();
}

}  // namespace fieldstrip::squashfs
