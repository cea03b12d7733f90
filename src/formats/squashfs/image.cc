// Reads the tables of version 4.0. Source: Linux fs/squashfs (inode.c, dir.c, fragment.c, id.c, export.c).
#include "formats/squashfs/image.h"

#include <unordered_map>
#include <unordered_set>

namespace fieldstrip::squashfs {
namespace {

class Reader {
  public:
    Reader(ByteView bytes, Endian endian, Context& cx) : cx_(cx) {
        image_.bytes = bytes, image_.endian = endian;
        image_.super = *read_record<Super>(bytes, endian);
        image_.codec = Codec(image_.super.compression);
        packing_ = {bytes, endian, image_.codec};
    }

    Result<Image> run() {
        TRY_VOID(tables());
        auto node = [&](u64 place) { return read_node(place); };
        auto list = [&](const Node& n, std::vector<Listed>& out) { return read_list(n, out); };
        TRY_VOID(read_names(image_, image_.super.root, node, list, cx_));
        return std::move(image_);
    }

  private:
    Super& super() { return image_.super; }

    /// What is cut off or damaged is a trouble; only limits are errors.
    template <class T>
    Result<void> try_table(Result<T> made, T& to, const char* what, u64 at) {
        if (made) {
            to = std::move(*made);
            return {};
        }
        if (made.error().kind == Error::Kind::Limit) return std::unexpected(made.error());
        auto why = what + std::string(": ") + made.error().message;
        image_.troubles.push_back({std::move(why), {std::min<u64>(at, image_.bytes.size()), 0}});
        return {};
    }

    Result<void> tables() {
        auto& s = super();
        image_.data = Super::kSize;
        if (s.flags & flags::kOptions) {
            u64 size = image_.bytes.size() >= Super::kSize + 2 ? load(image_.bytes.subspan(Super::kSize, 2), 2, image_.endian) & 0x7FFF : 0;
            if (size && size <= image_.bytes.size() - Super::kSize - 2) image_.options = {Super::kSize, 2 + size}, image_.data += 2 + size;
        }
        const u64 size = image_.bytes.size();
        auto chain = [&](u64 from, u64 to) {
            to = std::min(to, size), from = std::min(from, to);
            return read_chain(packing_, {from, to - from}, cx_);
        };
        TRY_VOID(try_table(chain(s.inode_table, s.directory_table), image_.inodes, "the inodes", s.inode_table));
        TRY_VOID(try_table(chain(s.directory_table, end_of_directories()), image_.directories, "the directories", s.directory_table));
        if (s.fragments) {
            TRY_VOID(try_table(read_listed(packing_, s.fragment_table, FragmentEntry::kSize * u64{s.fragments}, cx_), image_.fragment_table,
                               "the fragments", s.fragment_table));
            auto& t = image_.fragment_table;
            for (u64 i = 0; i < t.plain.size() / FragmentEntry::kSize; i++) {
                auto entry = t.get(i * FragmentEntry::kSize, FragmentEntry::kSize);
                image_.fragments.push_back(entry ? *read_record<FragmentEntry>(*entry, image_.endian) : FragmentEntry{kUnbounded, 0, 0});
            }
        }
        if (s.export_table != kAbsentTable)
            TRY_VOID(try_table(read_listed(packing_, s.export_table, 8 * u64{s.inodes}, cx_), image_.export_table, "the exports",
                               s.export_table));
        TRY_VOID(try_table(read_listed(packing_, s.id_table, 4 * u64{s.ids}, cx_), image_.id_table, "the owners", s.id_table));
        for (u64 i = 0; i < image_.id_table.plain.size() / 4; i++)
            image_.ids.push_back(u32(load(ByteView(image_.id_table.plain).subspan(4 * i, 4), 4, image_.endian)));
        if (s.xattr_table != kAbsentTable)
            TRY_VOID(try_table(read_attributes(packing_, s.xattr_table, cx_), image_.xattrs, "the attributes", s.xattr_table));
        return {};
    }

    /// What lies behind them begins with the first block that the next table names.
    u64 end_of_directories() {
        auto& s = super();
        u64 list = s.fragments ? s.fragment_table : s.export_table != kAbsentTable ? s.export_table : s.id_table;
        if (list > image_.bytes.size() || image_.bytes.size() - list < 8) return image_.bytes.size();
        u64 first = load(image_.bytes.subspan(list, 8), 8, image_.endian);
        return first > s.directory_table && first < list ? first : list;
    }

    Node read_node(u64 place) {
        Node n{.place = place, .known = false};
        auto at = image_.inodes.find(super().inode_table, place);
        if (!at) return n;
        auto bytes = image_.inodes.from(*at);
        if (bytes.size() < 16) return n;
        u64 kind = load(bytes, 2, image_.endian);
        if (!kind || kind > kSocket + kExtended) return n;
        auto inode = read_record<Inode>(bytes, image_.endian);
        if (!inode) return n;
        n.inode = *inode;
        u64 size = length_of(n.inode);
        bytes = bytes.subspan(size);
        switch (n.inode.basic()) {
            case kFile: {
                u64 count = image_.blocks_of(n.inode);
                if (count > bytes.size() / 4) return n;
                n.blocks.resize(count);
                for (u64 i = 0; i < count; i++) n.blocks[i] = u32(load(bytes.subspan(4 * i, 4), 4, image_.endian));
                size += 4 * count;
                break;
            }
            case kSymlink:
                if (n.inode.size > bytes.size()) return n;
                n.target = as_text(bytes.first(n.inode.size));
                size += n.inode.size;
                if (n.inode.extended()) {
                    if (bytes.size() - n.inode.size < 4) return n;
                    n.inode.xattr = u32(load(bytes.subspan(n.inode.size, 4), 4, image_.endian));
                    size += 4;
                }
                break;
            case kDirectory:
                for (u64 i = 0; i < n.inode.index; i++) {
                    auto e = read_record<IndexEntry>(bytes, image_.endian);
                    if (!e || bytes.size() - IndexEntry::kSize <= e->length) return n;
                    if (auto to = image_.directories.find(super().directory_table, u64{e->start} << 16))
                        n.index.emplace_back(e->place, *to + (n.inode.offset + e->place) % kMetadata);
                    u64 length = IndexEntry::kSize + e->length + 1;
                    bytes = bytes.subspan(length), size += length;
                }
                break;
        }
        n.at = {*at, size}, n.known = true;
        if (n.inode.basic() == kDirectory && n.inode.size > 3) {
            auto list = image_.directories.find(super().directory_table, n.inode.start << 16 | n.inode.offset);
            n.list = list.value_or(kUnbounded);
        }
        return n;
    }

    bool read_list(const Node& n, std::vector<Listed>& out) {
        if (n.inode.size <= 3) return true;
        const u64 size = n.inode.size - 3;
        bool whole = true;
        for (u64 at = 0; at < size;) {
            auto done = read_part(n.list, at, size, out);
            if (done == size) break;
            whole = false;
            // An extended directory's index says where its list goes on behind what is damaged.
            auto next = std::find_if(n.index.begin(), n.index.end(), [&](auto& x) { return x.first > done; });
            if (next == n.index.end() || next->first >= size) break;
            at = next->first;
        }
        return whole;
    }

    /// How far it went.
    u64 read_part(u64 list, u64 at, u64 size, std::vector<Listed>& out) {
        if (list > image_.directories.plain.size()) return at;
        while (at < size) {
            auto head = image_.directories.get(list + at, ListHeader::kSize);
            if (!head || size - at < ListHeader::kSize) return at;
            auto h = *read_record<ListHeader>(*head, image_.endian);
            if (h.count > 255) return at;
            u64 here = at + ListHeader::kSize;
            for (u64 i = 0; i <= h.count; i++) {
                auto entry = image_.directories.get(list + here, ListEntry::kSize);
                if (!entry || here >= size) return here;
                auto e = *read_record<ListEntry>(*entry, image_.endian);
                auto name = image_.directories.get(list + here + ListEntry::kSize, u64{e.length} + 1);
                if (!name || e.length >= kMostName || !e.kind || e.kind > kSocket) return here;
                out.push_back({u64{h.start} << 16 | e.offset, h.number + u32(std::int16_t(e.delta)), e.kind, std::string(as_text(*name))});
                here += ListEntry::kSize + e.length + 1;
            }
            at = here;
        }
        return at == size ? size : size - 1;
    }

    Context& cx_;
    Image image_;
    Packing packing_;
};

}  // namespace

Result<Image> read_image(ByteView bytes, Endian endian, Context& cx) {
    if (bytes.size() < Super::kSize) return fail(Error::Kind::Damaged, "its superblock is cut");
    return Reader(bytes, endian, cx).run();
}

Result<void> read_names(Image& image, u64 root, const ReadNode& read_node, const ReadList& read_list, Context& cx) {
    std::unordered_map<u64, u32> known;  // by place
    std::unordered_set<u32> entered;
    u64 held = 0;                                 // inodes may overlap, and be more than their bytes
    constexpr u64 kSmallest = 16, kMost = 65536;  // bytes of an inode; inodes that there is room for on the superblock's word
    image.nodes.reserve(std::min({u64{image.super.inodes}, image.inodes.plain.size() / kSmallest, kMost}));
    auto node = [&](u64 place, u16 kind, u32 number) -> Result<u32> {
        auto [at, fresh] = known.try_emplace(place, u32(image.nodes.size()));
        if (!fresh) return at->second;
        image.nodes.push_back(read_node(place));
        auto& n = image.nodes.back();
        u64 more = 4 * n.blocks.size() + n.target.size() + 12 * n.index.size();
        TRY_VOID(cx.spend(&Limits::decoded, more));
        if ((held += more) > cx.limits.memory / 4) return cx.limit("memory");
        if (!n.known) {
            n.inode.kind = kind, n.inode.number = number;
            image.troubles.push_back({"inode " + std::to_string(number) + " can't be read", {}});
        }
        return at->second;
    };
    image.names.push_back({0, TRY(node(root, kDirectory, 0)), ""});
    std::vector<u32> open = {0};
    std::vector<Name> ordered;
    // Names are numbered as they are met, and put in the order of a walk through the tree at the end.
    std::vector<std::vector<u32>> children(1);
    while (!open.empty()) {
        u32 here = open.back();
        open.pop_back();
        u32 dir = image.names[here].node;
        if (image.nodes[dir].inode.basic() != kDirectory || !image.nodes[dir].known) continue;
        if (!entered.insert(dir).second) {
            image.troubles.push_back({"a directory stands in two places", {}});
            continue;
        }
        std::vector<Listed> list;
        if (!read_list(image.nodes[dir], list)) {
            image.nodes[dir].broken = true;
            image.troubles.push_back({"a directory can't be read to its end", {}});
        }
        if (image.names.size() + list.size() > cx.limits.nodes) return cx.limit("nodes");
        TRY_VOID(cx.spend(&Limits::decoded, list.size()));
        for (auto& e : list) {
            u32 child = u32(image.names.size());
            image.names.push_back({here, TRY(node(e.place, e.kind, e.number)), std::move(e.name)});
            children.emplace_back();
            children[here].push_back(child);
            open.push_back(child);
        }
    }
    std::vector<u32> order, place(image.names.size());
    open = {0};
    while (!open.empty()) {
        u32 here = open.back();
        open.pop_back();
        place[here] = u32(order.size());
        order.push_back(here);
        open.insert(open.end(), children[here].rbegin(), children[here].rend());
    }
    ordered.reserve(order.size());
    for (u32 i : order) {
        ordered.push_back(std::move(image.names[i]));
        ordered.back().parent = place[ordered.back().parent];
    }
    image.names = std::move(ordered);
    return {};
}

}  // namespace fieldstrip::squashfs
