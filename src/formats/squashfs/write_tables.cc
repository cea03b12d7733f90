// Source: Linux fs/squashfs/squashfs_fs.h; the order in which mksquashfs.c and xattr.c (squashfs-tools 4.x) write.
#include <map>
#include <unordered_map>

#include "formats/squashfs/write.h"

namespace fieldstrip::squashfs {
namespace {

class Writer {
  public:
    Writer(Plan& plan, const Params& p, std::span<const FragmentEntry> fragments, u64 begin, const Image* old, Context& cx)
        : plan_(plan), p_(p), fragments_(fragments), begin_(begin), old_(old), cx_(cx) {
        if (old)
            for (auto* t : {&old->inodes, &old->directories, &old->fragment_table, &old->export_table, &old->id_table, &old->xattrs.values,
                            &old->xattrs.lists})
                for (auto& b : t->blocks)
                    if (b.good)
                        packed_.try_emplace(as_text(ByteView(t->plain).subspan(b.at, b.size)),
                                            old->bytes.subspan(b.stored.offset, b.stored.size));
    }

    Result<Written> run() {
        auto& s = out_.super = p_.super;
        owners();
        TRY_VOID(attributes());
        TRY_VOID(inodes());
        s.inode_table = here();
        append(inodes_);
        s.directory_table = here();
        append(directories_);
        s.fragments = u32(fragments_.size());
        s.fragment_table = kAbsentTable;
        bool plain_inodes = s.flags & flags::kPlainInodes;
        if (s.fragments || p_.empty_fragment_table) {
            RecordWriter table(p_.endian);
            for (auto f : fragments_) f.fields(table);
            s.fragment_table = TRY(listed(table.out, s.flags & flags::kPlainFragments));
        }
        s.export_table = kAbsentTable;
        if (p_.export_table) s.export_table = TRY(listed(exports_, plain_inodes));
        RecordWriter ids(p_.endian);
        for (u32 id : ids_) ids(id, 4);
        s.ids = u16(ids_.size());
        s.id_table = TRY(listed(ids.out, plain_inodes || s.flags & flags::kPlainIds));
        TRY_VOID(attribute_tables());
        s.bytes_used = here();
        return std::move(out_);
    }

  private:
    u64 here() const { return begin_ + out_.tables.size(); }
    void append(ByteView b) { out_.tables.insert(out_.tables.end(), b.begin(), b.end()); }

    TableWriter::Pack packer(bool plain) {
        return [this, plain](ByteView v) -> Result<Bytes> {
            auto known = packed_.find(as_text(v));
            if (known != packed_.end()) {
                bool stored = load(known->second, 2, p_.endian) & kStoredMetadata;
                if (!plain || stored) return Bytes(known->second.begin(), known->second.end());
            }
            TRY_VOID(cx_.spend(&Limits::decoded, 0));
            Bytes packed;
            if (!plain) packed = TRY(encode_block(p_.compressor, v, cx_, Use::Metadata));
            bool stored = plain || packed.size() >= v.size();
            u64 size = stored ? v.size() | kStoredMetadata : packed.size();
            Bytes out(2);
            store(out, 2, p_.endian, size);
            out.insert(out.end(), stored ? v.begin() : ByteView(packed).begin(), stored ? v.end() : ByteView(packed).end());
            return out;
        };
    }
    /// Blocks, then the list of their places, which is what others point to.
    Result<u64> listed(ByteView plain, bool stored) {
        TableWriter w(packer(stored));
        TRY_VOID(w.add(plain));
        auto blocks = TRY(w.finish());
        RecordWriter list(p_.endian);
        for (u64 at : w.starts()) {
            u64 place = here() + at;
            list(place, 8);
        }
        append(blocks);
        u64 at = here();
        append(list.out);
        return at;
    }

    /// As they were, new ones behind them as they are met; at the end none that nobody is.
    void owners() {
        std::unordered_map<u32, u32> known;
        ids_ = p_.ids;
        for (u32 i = 0; i < ids_.size(); i++) known.try_emplace(ids_[i], i);
        u64 used = 0;
        auto of = [&](u32 id) {
            auto [at, fresh] = known.try_emplace(id, u32(ids_.size()));
            if (fresh) ids_.push_back(id);
            used = std::max<u64>(used, u64{at->second} + 1);
            return at->second;
        };
        for (u32 i : plan_.order) {
            auto& item = plan_.items[i];
            u32 uid = of(item.uid), gid = of(item.gid);
            most_owner_ = std::max({most_owner_, uid, gid});
            item.inode.uid = u16(uid), item.inode.gid = u16(gid);
        }
        ids_.resize(used);
    }

    Result<void> inodes() {
        if (most_owner_ >= 0xFFFF) return fail(Error::Kind::Unsupported, "a squashfs can't hold so many owners");
        TableWriter inodes(packer(p_.super.flags & flags::kPlainInodes)), lists(packer(p_.super.flags & flags::kPlainInodes));
        places_.resize(plan_.items.size());
        u32 last = 0;
        for (auto& item : plan_.items) last = std::max(last, item.inode.number);
        out_.super.inodes = p_.dense ? u32(plan_.items.size()) : std::max(last, u32(plan_.items.size()));
        exports_.resize(8 * u64{out_.super.inodes});
        for (u32 i : plan_.order) {
            auto& item = plan_.items[i];
            Bytes more;
            if (item.type == Entry::Type::Directory) TRY_VOID(list(i, lists, more));
            finish_inode(item, more);
            places_[i] = inodes.place();
            if (places_[i] >> 48) return fail(Error::Kind::Unsupported, "the inodes are more than a squashfs can hold");
            if (u64 at = 8 * (u64{item.inode.number} - 1); item.inode.number && at < exports_.size())
                store(std::span(exports_).subspan(at, 8), 8, p_.endian, places_[i]);
            TRY_VOID(inodes.add(write_record(item.inode, p_.endian)));
            TRY_VOID(inodes.add(more));
        }
        out_.super.root = places_[0];
        inodes_ = TRY(inodes.finish());
        directories_ = TRY(lists.finish());
        return {};
    }

    void finish_inode(Item& item, Bytes& more) {
        auto& i = item.inode;
        i.kind = i.basic();
        RecordWriter w(p_.endian);
        bool indexed = !more.empty();
        if (item.type == Entry::Type::File) {
            u64 usual = sparse_of(p_.maker, item.blocks, i.size, p_.super.block_size);
            i.sparse = item.old || !old_ ? item.kept.sparse.value_or(usual) : usual;
            for (u32 b : item.blocks) w(b, 4);
        }
        w.text(item.target);
        bool extended = needs_extended(i, i.links, indexed);
        if (item.kept.extended &&
            (*item.kept.extended || (i.xattr == kNone && !(i.size >> 32) && !(i.start >> 32) && item.type != Entry::Type::Directory)))
            extended = *item.kept.extended;
        if (extended) i.kind += kExtended;
        if (i.basic() == kSymlink && extended) w(i.xattr, 4);
        if (!extended && item.type == Entry::Type::Directory) more.clear();
        more.insert(more.end(), w.out.begin(), w.out.end());
    }

    /// A directory's list, and the index for its inode.
    Result<void> list(u32 index, TableWriter& lists, Bytes& more) {
        auto& item = plan_.items[index];
        auto& i = item.inode;
        std::vector<Listing> all;
        for (auto& c : item.children) {
            auto& child = plan_.items[c.item].inode;
            all.push_back({c.name, places_[c.item], child.number, child.basic()});
        }
        u64 place = lists.place(), begin = lists.size();
        auto made = list_of(p_.maker, all, place & 0xFFFF, p_.endian);
        i.start = place >> 16, i.offset = u32(place & 0xFFFF), i.size = made.bytes.size() + 3;
        if (i.start >> 32 || i.size >> 32) return fail(Error::Kind::Unsupported, "the directories are more than a squashfs can hold");
        TRY_VOID(lists.add(made.bytes));
        i.parent = item.parent ? plan_.items[*item.parent].inode.number : u32(p_.root_parent.value_or(u64{out_.super.inodes} + 1));
        bool extended = made.indexed || i.xattr != kNone || i.size > 0xFFFF || item.kept.extended.value_or(0);
        if (!extended || made.index.size() > 0xFFFF) return {};
        i.index = u16(made.index.size());
        RecordWriter w(p_.endian);
        for (auto& x : made.index) {
            IndexEntry e{x.place, u32(lists.block_of(begin + x.place)), u32(x.name.size() - 1)};
            e.fields(w);
            w.text(x.name);
        }
        more = std::move(w.out);
        return {};
    }

    /// Lists by their numbers, new ones behind these; equal ones are one.
    Result<void> attributes() {
        std::vector<u32> all;
        for (u32 i : plan_.order)
            if (!plan_.items[i].attributes.empty()) all.push_back(i);
        std::stable_sort(all.begin(), all.end(), [&](u32 a, u32 b) {
            return plan_.items[a].kept.xattr.value_or(kUnbounded) < plan_.items[b].kept.xattr.value_or(kUnbounded);
        });
        for (u32 i : all) {
            auto& item = plan_.items[i];
            auto same = std::find(lists_.begin(), lists_.end(), item.attributes);  // few: makers share them
            item.inode.xattr = u32(same - lists_.begin());
            if (same == lists_.end()) lists_.push_back(item.attributes);
        }
        return {};
    }

    static u16 prefix_of(const Attribute& a) {
        u16 prefix = 0;
        while (!a.name.starts_with(kPrefixes[prefix])) prefix++;
        return prefix;
    }
    /// How long a value may be that stands in its list: mksquashfs asks for less when lists become long.
    u64 most_in_line(const AttributeList& list) const {
        if (p_.maker == Maker::Libsquashfs) return kUnbounded;
        constexpr u64 kInLine = 128, kLong = 65536;
        for (u64 most = kInLine; most; most /= 2) {
            u64 total = 0;
            for (auto& a : list) total += 8 + a.name.size() - kPrefixes[prefix_of(a)].size() + (a.value.size() > most ? 8 : a.value.size());
            if (total <= kLong) return most;
        }
        return 0;
    }

    Result<void> attribute_tables() {
        auto& s = out_.super;
        s.xattr_table = kAbsentTable;
        if (lists_.empty()) return {};
        s.flags &= u16(~flags::kNoXattrs);
        const bool plain = s.flags & flags::kPlainXattrs;
        TableWriter values(packer(plain));
        RecordWriter lists(p_.endian);
        std::map<std::string_view, u64> known;  // values that are worth it, and where they lie
        auto put = [&](const Attribute& a) -> Result<u64> {
            u64 place = values.place();
            if (a.value.size() > sizeof place) known.emplace(as_text(a.value), place);
            u32 size = u32(a.value.size());
            RecordWriter w(p_.endian);
            w(size, 4), w.text(as_text(a.value));
            TRY_VOID(values.add(w.out));
            return w.out.size();
        };
        for (auto& list : lists_) {
            for (u64 most = most_in_line(list); auto& a : list)
                if (a.value.size() > most && !known.contains(as_text(a.value))) TRY(put(a));
            XattrList entry{values.place(), u32(list.size()), 0};
            for (auto& a : list) {
                auto name = std::string_view(a.name).substr(kPrefixes[prefix_of(a)].size());
                auto at = known.find(as_text(a.value));
                bool elsewhere = at != known.end();
                RecordWriter w(p_.endian);
                u16 type = u16(prefix_of(a) | (elsewhere ? kOutOfLine : 0)), length = u16(name.size());
                u32 eight = 8;
                w(type, 2), w(length, 2), w.text(name);
                if (elsewhere) w(eight, 4), w(at->second, 8);
                TRY_VOID(values.add(w.out));
                u64 size = w.out.size();
                if (!elsewhere) size += TRY(put(a));
                entry.size += u32(p_.maker == Maker::Mksquashfs ? a.name.size() + 1 + a.value.size() : size);
            }
            entry.fields(lists);
        }
        XattrHeader header{here(), u32(lists_.size()), 0};
        append(TRY(values.finish()));
        TableWriter table(packer(plain));
        TRY_VOID(table.add(lists.out));
        auto blocks = TRY(table.finish());
        u64 begin = here();
        append(blocks);
        s.xattr_table = here();
        RecordWriter w(p_.endian);
        header.fields(w);
        for (u64 at : table.starts()) {
            u64 place = begin + at;
            w(place, 8);
        }
        append(w.out);
        return {};
    }

    Plan& plan_;
    const Params& p_;
    std::span<const FragmentEntry> fragments_;
    u64 begin_;
    const Image* old_;
    Context& cx_;
    std::unordered_map<std::string_view, ByteView> packed_;  // plain → with its 2 bytes, of the original
    std::vector<u32> ids_;
    u32 most_owner_ = 0;
    std::vector<u64> places_;  // of items
    std::vector<AttributeList> lists_;
    Bytes inodes_, directories_, exports_;
    Written out_;
};

}  // namespace

Result<void> TableWriter::add(ByteView v) {
    pending_.insert(pending_.end(), v.begin(), v.end());
    u64 at = 0;
    for (; pending_.size() - at >= kMetadata; at += kMetadata) TRY_VOID(flush(ByteView(pending_).subspan(at, kMetadata)));
    pending_.erase(pending_.begin(), pending_.begin() + i64(at));
    return {};
}

Result<void> TableWriter::flush(ByteView plain) {
    auto block = TRY(pack_(plain));
    starts_.push_back(packed_.size());
    packed_.insert(packed_.end(), block.begin(), block.end());
    return {};
}

Result<Bytes> TableWriter::finish() {
    if (!pending_.empty()) TRY_VOID(flush(pending_));
    pending_.clear();
    return std::move(packed_);
}

Result<Written> write_tables(Plan& plan, const Params& p, std::span<const FragmentEntry> fragments, u64 begin, const Image* old,
                             Context& cx) {
    return Writer(plan, p, fragments, begin, old, cx).run();
}

}  // namespace fieldstrip::squashfs
