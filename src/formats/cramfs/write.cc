// One writer for edits and for building anew: superblock, the directories' lists, data. What was there keeps its encoded blocks.
#include "base/digest.h"
#include "formats/cramfs/plan.h"

namespace fieldstrip::cramfs {
namespace {

/// Bytes behind the superblock. What comes out as it lay in its place is copied, not written.
class Output {
  public:
    Output(const Params& p, const Volume* old) : p_(p), old_(old), begin_(p.boot + kSuper) {}

    u64 here() const { return begin_ + rope.size(); }
    void put(Bytes b) {
        if (!copy_if(b)) rope.fresh(std::move(b));
    }
    void list(const Plan& plan, const Item& dir) {
        for (u32 child : dir.children) {
            auto& item = plan.items[child];
            Bytes b(kInode + item.inode.name());
            write_inode(b, p_.endian, item.inode);
            std::copy(item.name.begin(), item.name.end(), b.begin() + kInode);
            put(std::move(b));
        }
    }
    void data(const Data& d) {
        if (!d.old) {
            Bytes table;
            for (u64 end : d.ends) pointer(table, d.at + end);
            put(std::move(table));
            rope.fresh(d.blocks);
            rope.fill(gap_to(here(), 4), 0);
            return;
        }
        auto& image = old_->image();
        auto& inode = d.old->inode;
        auto e = data_extent(image, inode);
        u64 table = std::min(4 * image.blocks(inode), e.size), pad = gap_to(e.end(), 4);
        if (d.at == e.offset) {
            e.size += std::min(pad, image.bytes.size() - e.end());
            rope.copy(old_->bytes().slice(e));
        } else if (e.size) {
            Bytes moved;
            for (u64 i = 0; i < table; i += 4) pointer(moved, load(image.bytes.subspan(e.offset + i, 4), 4, p_.endian) + d.at - e.offset);
            put(std::move(moved));
            rope.copy(old_->bytes().slice({e.offset + table, e.size - table}));
        }
        rope.fill(gap_to(here(), 4), 0);
    }
    /// Up to the end: what lay behind the data stays where it was.
    void fill(u64 end) {
        if (old_) {
            u64 was = end_of_data(old_->image()), there = std::min(old_->bytes().size(), end);
            if (here() < was) rope.fill(std::min(was, end) - here(), 0);
            if (here() < there) rope.copy(old_->bytes().slice({here(), there - here()}));
        }
        if (here() < end) rope.fill(end - here(), 0);
    }

    Rope rope;

  private:
    void pointer(Bytes& table, u64 value) const {
        table.resize(table.size() + 4);
        store(std::span(table).last(4), 4, p_.endian, u32(value));
    }
    bool copy_if(ByteView b) {
        if (!old_ || here() > old_->bytes().size() || b.size() > old_->bytes().size() - here()) return false;
        auto there = old_->bytes().slice({here(), b.size()});
        if (!equal(there.view(), b)) return false;
        rope.copy(there);
        return true;
    }
    const Params& p_;
    const Volume* old_;
    u64 begin_;
};

u32 crc_of(Super s, Endian endian, const Rope& rest) {
    s.crc = 0;
    u32 crc = crc32(write_super(s, endian));
    rest.each([&](ByteView v) { crc = crc32(v, crc); });
    return crc;
}

/// A check that failed before goes on failing: only repair makes it right.
bool crc_was_wrong(const Volume& v) {
    auto& image = v.image();
    Rope rest;
    rest.copy(v.bytes().slice({image.begin + kSuper, image.bytes.size() - image.begin - kSuper}));
    return crc_of(image.super, image.endian, rest) != image.super.crc;
}

}  // namespace

Result<Rope> write(const Params& p, std::span<const Wanted> wanted, const Volume* old, std::span<const Entry> was, Context& cx) {
    if (p.super.flags & flags::kExtPointers)
        return fail(Error::Kind::Unsupported, "a cramfs with extended block pointers can't be written");
    if (!old && p.inserted) return fail(Error::Kind::Unsupported, "the file that mkcramfs -i put before the lists is no entry");
    auto plan = TRY(plan_of(p, wanted, old, was, cx));
    Output out(p, old);
    if (p.inserted) out.rope.copy(old->bytes().slice({p.boot + kSuper, p.inserted}));
    for (u32 i : plan.lists) out.list(plan, plan.items[i]);
    for (size_t k : plan.data_order) out.data(plan.data[k]);
    u64 size = plan.end + gap_to(plan.end, p.align ? p.align : 4);
    if (old && !p.align) size = std::max(size, old->bytes().size());
    out.fill(size);

    auto super = p.super;
    super.root = plan.items[0].inode;
    if (super.version2()) {
        super.size = u32(size), super.blocks = u32(plan.blocks), super.files = u32(wanted.size());
        if (!old || !crc_was_wrong(*old)) super.crc = crc_of(super, p.endian, out.rope);
    }
    Rope all;
    if (p.boot && old)
        all.copy(old->bytes().slice({0, p.boot}));
    else
        all.fill(p.boot, 0);
    auto head = write_super(super, p.endian);
    for (u64 i = 0; i < head.size(); i += 4) {  // of numbers those that changed
        auto word = ByteView(head).subspan(i, 4);
        if (old && equal(word, old->bytes().view().subspan(p.boot + i, 4)))
            all.copy(old->bytes().slice({p.boot + i, 4}));
        else
            all.fresh(Bytes(word.begin(), word.end()));
    }
    all.append(out.rope);
    return all;
}

Result<Recipe> Volume::recipe(Context& cx) const { return recipe_of(TRY(params_of(*this, cx))); }

Result<Rope> Volume::rewrite(std::span<const Wanted> wanted, const Terms&, Context& cx) const {
    auto was = TRY(entries(cx));
    bool same = wanted.size() == was.size(), fresh = false;
    for (size_t i = 0; i < wanted.size(); i++) {
        auto& w = wanted[i];
        same = same && w.was == i && !w.content && w.entry == was[i];
        fresh = fresh || w.content || (w.entry.is(Entry::Type::Symlink) && !(w.was && was[*w.was].target == w.entry.target));
    }
    if (same) {
        Rope all;
        all.copy(bytes_);
        return all;
    }
    return write(fresh ? TRY(params_of(*this, cx)) : layout_of(*this), wanted, this, was, cx);
}

}  // namespace fieldstrip::cramfs
