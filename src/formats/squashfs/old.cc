// Their structures are C bit fields: a stream of bits that begins at the low end of a byte where the machine was little endian, and at the
// high end where it was big endian. Source: squashfs-tools 4.x squashfs_compat.h, unsquash-1.c, unsquash-2.c, unsquash-3.c.
#include "formats/squashfs/old.h"

namespace fieldstrip::squashfs {
namespace {

/// Reads straight down; once it ran past the end it stays bad and gives zeros.
class BitReader {
  public:
    BitReader(ByteView in, Endian endian) : in_(in), big_(endian == Endian::Big) {}
    u64 operator()(unsigned width) {
        if (width > 8 * in_.size() - at_) {
            good_ = false;
            return 0;
        }
        u64 out = 0;
        for (unsigned i = 0; i < width; i++, at_++) {
            u64 bit = in_[at_ / 8] >> (big_ ? 7 - at_ % 8 : at_ % 8) & 1;
            out |= bit << (big_ ? width - 1 - i : i);
        }
        return out;
    }
    bool good() const { return good_; }
    u64 bytes() const { return at_ / 8; }

  private:
    ByteView in_;
    bool big_;
    u64 at_ = 0;
    bool good_ = true;
};

class Reader {
  public:
    Reader(ByteView bytes, Endian endian, unsigned major, Context& cx) : bytes_(bytes), endian_(endian), major_(major), cx_(cx) {
        image_.bytes = bytes, image_.endian = endian, image_.major = major;
    }

    Result<Image> run() {
        if (!superblock()) return fail(Error::Kind::Damaged, "its superblock is cut");
        find_codec();
        TRY_VOID(tables());
        TRY_VOID(read_names(
            image_, image_.super.root, [&](u64 place) { return read_node(place); },
            [&](const Node& n, std::vector<Listed>& out) { return read_list(n, out); }, cx_));
        return std::move(image_);
    }

  private:
    bool superblock() {
        BitReader r(bytes_, endian_);
        auto& s = image_.super;
        r(32);
        s.inodes = u32(r(32));
        u64 used = r(32);
        uids_ = r(32), gids_ = r(32);
        s.inode_table = r(32), s.directory_table = r(32);
        r(16);
        image_.minor = unsigned(r(16));
        s.block_size = u32(r(16));
        s.block_log = u16(r(16));
        s.flags = u16(r(8));
        uid_count_ = r(8), gid_count_ = r(8);
        s.mkfs_time = u32(r(32));
        s.root = r(64);
        s.fragment_table = kAbsentTable;
        if (major_ > 1) s.block_size = u32(r(32)), s.fragments = u32(r(32)), s.fragment_table = r(32);
        if (major_ == 3) {
            used = r(64), uids_ = r(64), gids_ = r(64);
            s.inode_table = r(64), s.directory_table = r(64), s.fragment_table = r(64), s.export_table = r(64);
        }
        image_.data = r.bytes();
        s.bytes_used = used;
        s.block_size = u32{1} << std::clamp<u16>(s.block_log, 12, 20);
        if (!(s.flags & flags::kExport)) s.export_table = kAbsentTable;
        return r.good();
    }

    /// The first block of the inode table that is packed tells.
    void find_codec() {
        packing_ = {bytes_, endian_, Codec::Gzip, major_ < 3 && image_.super.flags & kCheck ? 3u : 2u};
        for (u64 at = image_.super.inode_table; at + packing_.header < bytes_.size();) {
            u64 head = load(bytes_.subspan(at, 2), 2, endian_), size = head & (kStoredMetadata - 1);
            auto in = bytes_.subspan(at + packing_.header);
            if (size > in.size()) break;
            if (!(head & kStoredMetadata) && size) {
                if (!decode_block(Codec::Gzip, in.first(size), kMetadata, cx_) && decode_block(Codec::Lzma, in.first(size), kMetadata, cx_))
                    packing_.codec = Codec::Lzma;
                break;
            }
            at += packing_.header + size;
            if (at >= image_.super.directory_table) break;
        }
        image_.codec = packing_.codec;
    }

    template <class T>
    Result<void> try_table(Result<T> made, T& to, const char* what, u64 at) {
        if (made) {
            to = std::move(*made);
            return {};
        }
        if (made.error().kind == Error::Kind::Limit) return std::unexpected(made.error());
        auto why = what + std::string(": ") + made.error().message;
        image_.troubles.push_back({std::move(why), {std::min<u64>(at, bytes_.size()), 0}});
        return {};
    }
    std::optional<u64> word(u64 at, unsigned width) const {
        if (at > bytes_.size() || bytes_.size() - at < width) return {};
        return load(bytes_.subspan(at, width), width, endian_);
    }

    Result<void> tables() {
        auto& s = image_.super;
        const unsigned width = major_ == 2 ? 4 : 8;
        u64 end = uid_count_ ? uids_ : gid_count_ ? gids_ : s.bytes_used;
        if (s.export_table != kAbsentTable) end = word(s.export_table, 8).value_or(end);
        if (s.fragments) end = word(s.fragment_table, width).value_or(end);
        auto chain = [&](u64 from, u64 to) {
            to = std::min<u64>(to, bytes_.size()), from = std::min(from, to);
            return read_chain(packing_, {from, to - from}, cx_);
        };
        TRY_VOID(try_table(chain(s.inode_table, s.directory_table), image_.inodes, "the inodes", s.inode_table));
        TRY_VOID(try_table(chain(s.directory_table, end), image_.directories, "the directories", s.directory_table));
        if (s.fragments) {
            const u64 size = major_ == 2 ? 8 : 16;
            TRY_VOID(try_table(read_listed(packing_, s.fragment_table, size * s.fragments, cx_, width), image_.fragment_table,
                               "the fragments", s.fragment_table));
            auto& t = image_.fragment_table;
            for (u64 i = 0; i < t.plain.size() / size; i++) {
                auto entry = t.get(i * size, size);
                FragmentEntry f{kUnbounded, 0, 0};
                if (entry) f.start = load(*entry, width, endian_), f.size = u32(load(entry->subspan(width, 4), 4, endian_));
                image_.fragments.push_back(f);
            }
        }
        if (s.export_table != kAbsentTable)
            TRY_VOID(try_table(read_listed(packing_, s.export_table, 8 * u64{s.inodes}, cx_), image_.export_table, "the exports",
                               s.export_table));
        // Users first, groups behind them.
        for (auto [at, count] : {std::pair(uids_, uid_count_), std::pair(gids_, gid_count_)})
            for (u64 i = 0; i < count; i++) {
                auto place = sum(at, 4 * i);
                image_.ids.push_back(u32(place ? word(*place, 4).value_or(0) : 0));
            }
        return {};
    }

    void owners(Inode& i, u64 uid, u64 gid) const {
        const u64 same = major_ == 1 ? 15 : 255;  // the group is the user's
        i.uid = u16(uid < uid_count_ ? uid : 0xFFFF);
        i.gid = gid == same ? i.uid : u16(gid < gid_count_ ? uid_count_ + gid : 0xFFFF);
    }

    Node read_node(u64 place) {
        Node n{.place = place, .known = false};
        auto at = image_.inodes.find(image_.super.inode_table, place);
        if (!at) return n;
        auto bytes = image_.inodes.from(*at);
        BitReader r(bytes, endian_);
        auto& i = n.inode;
        u64 kind = r(4);
        i.mode = u16(r(12));
        u64 uid = r(major_ == 1 ? 4 : 8), gid = r(major_ == 1 ? 4 : 8);
        if (major_ == 1) {
            if (kind) {
                uid += 16 * ((kind - 1) / 5), kind = (kind - 1) % 5 + 1;
            } else {
                kind = r(4);
                uid += 16 * r(4);
            }
        }
        if (!kind || kind > (major_ == 1 ? kSocket : kFile + kExtended)) return n;
        i.kind = u16(kind);
        owners(i, uid, gid);
        if (major_ == 3) i.mtime = u32(r(32)), i.number = u32(r(32));
        n.dated = major_ == 3 || i.basic() == kFile || i.basic() == kDirectory;
        fields(r, i);
        if (!r.good()) return n;
        u64 size = r.bytes();
        bytes = bytes.subspan(size);
        if (i.basic() == kFile) {
            const u64 count = image_.blocks_of(i), width = major_ == 1 ? 2 : 4;
            if (count > bytes.size() / width) return n;
            for (u64 k = 0; k < count; k++) n.blocks.push_back(block_word(load(bytes.subspan(width * k, width), unsigned(width), endian_)));
            size += width * count;
        } else if (i.basic() == kSymlink) {
            if (i.size > bytes.size()) return n;
            n.target = as_text(bytes.first(i.size));
            size += i.size;
        } else if (i.basic() == kDirectory && !index(n, bytes, size)) {
            return n;
        }
        n.at = {*at, size}, n.known = true;
        if (i.basic() == kDirectory && list_size(i)) {
            auto list = image_.directories.find(image_.super.directory_table, i.start << 16 | i.offset);
            n.list = list.value_or(kUnbounded);
        }
        return n;
    }

    void fields(BitReader& r, Inode& i) const {
        const unsigned place = major_ == 3 ? 64 : 32;
        if (i.kind == kFile + kExtended) {
            i.links = u32(r(32)), i.start = r(64), i.fragment = u32(r(32)), i.offset = u32(r(32)), i.size = r(64);
            return;
        }
        if (i.basic() != kFile && major_ == 3) i.links = u32(r(32));
        switch (i.basic()) {
            case kFile:
                if (major_ < 3) i.mtime = u32(r(32));
                i.start = r(place);
                if (major_ > 1) i.fragment = u32(r(32)), i.offset = u32(r(32));
                i.size = r(32);
                break;
            case kDirectory:
                i.size = r(i.extended() ? 27 : 19), i.offset = u32(r(13));
                if (major_ < 3) i.mtime = u32(r(32));
                i.start = r(major_ == 3 ? 32 : 24);
                if (i.extended()) i.index = u16(r(16));
                if (major_ == 3) i.parent = u32(r(32));
                break;
            case kSymlink: i.size = r(16); break;
            case kBlockDevice:
            case kCharDevice: {
                u64 dev = r(16);
                i.rdev = rdev_of(u32(dev >> 8), u32(dev & 0xFF));
                break;
            }
            default: break;
        }
    }

    u32 block_word(u64 w) const {
        if (major_ > 1) return u32(w);
        u64 size = w & 0x7FFF;
        return u32(size ? size : 0x8000) | (w & 0x8000 ? kStoredBlock : 0);
    }

    bool index(Node& n, ByteView bytes, u64& size) const {
        for (u64 k = 0; k < n.inode.index; k++) {
            BitReader r(bytes, endian_);
            u64 place = r(major_ == 3 ? 32 : 27), start = r(major_ == 3 ? 32 : 29), length = r(8) + 1;
            if (!r.good() || bytes.size() - r.bytes() < length) return false;
            if (auto to = image_.directories.find(image_.super.directory_table, start << 16))
                n.index.emplace_back(u32(place), *to + (n.inode.offset + place) % kMetadata);
            size += r.bytes() + length;
            bytes = bytes.subspan(r.bytes() + length);
        }
        return true;
    }

    u64 list_size(const Inode& i) const { return major_ == 3 ? i.size - std::min<u64>(i.size, 3) : i.size; }

    bool read_list(const Node& n, std::vector<Listed>& out) const {
        const u64 size = list_size(n.inode);
        if (!size) return true;
        if (n.list > image_.directories.plain.size()) return false;
        const u64 header = major_ == 3 ? 9 : 4, entry = major_ == 3 ? 5 : 3;
        for (u64 at = 0; at < size;) {
            auto head = image_.directories.get(n.list + at, header);
            if (!head) return false;
            BitReader h(*head, endian_);
            u64 count = h(8) + 1, start = h(major_ == 3 ? 32 : 24), number = major_ == 3 ? h(32) : 0;
            at += header;
            for (u64 i = 0; i < count; i++) {
                auto bytes = image_.directories.get(n.list + at, entry);
                if (!bytes || at >= size) return false;
                BitReader e(*bytes, endian_);
                u64 offset = e(13), kind = e(3), length = e(8) + 1;
                u32 delta = u32(std::int16_t(major_ == 3 ? e(16) : 0));
                auto name = image_.directories.get(n.list + at + entry, length);
                if (!name || !kind) return false;
                out.push_back({start << 16 | offset, u32(number) + delta, u16(kind), std::string(as_text(*name))});
                at += entry + length;
            }
        }
        return true;
    }

    static constexpr u16 kCheck = 4;  // a byte more before each block of metadata
    ByteView bytes_;
    Endian endian_;
    unsigned major_;
    Context& cx_;
    u64 uids_ = 0, gids_ = 0, uid_count_ = 0, gid_count_ = 0;
    Image image_;
    Packing packing_;
};

}  // namespace

Result<Image> read_old(ByteView bytes, Endian endian, unsigned major, Context& cx) { return Reader(bytes, endian, major, cx).run(); }

}  // namespace fieldstrip::squashfs
