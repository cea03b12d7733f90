// One writer for edits and for building anew: superblock, options, data, tables.
#include "formats/squashfs/write.h"

namespace fieldstrip::squashfs {
namespace {

Rope assemble(const Params& p, const Placed& placed, Written written) {
    Rope out;
    auto& s = written.super;
    out.fresh(write_record(s, p.endian));
    if (!p.options.empty()) out.fresh(p.options);
    out.append(placed.data);
    out.fresh(std::move(written.tables));
    return out;
}

u64 begin_of_data(const Params& p) { return Super::kSize + p.options.size(); }

std::vector<Wanted> unchanged(std::vector<Entry> entries) {
    std::vector<Wanted> out;
    out.reserve(entries.size());
    for (size_t i = 0; i < entries.size(); i++) out.push_back({std::move(entries[i]), i, {}});
    return out;
}

/// Whether the writer makes these tables again.
Result<bool> remakes(const Image& image, const Analysis& a, const Params& p, Context& cx) {
    auto wanted = unchanged(TRY(entries_of(image, nullptr, cx)));
    auto plan = plan_of(p, wanted, &image, &a);
    if (!plan) return false;
    for (auto& item : plan->items) {
        if (!item.old) continue;
        auto& n = image.nodes[*item.old];
        item.blocks = n.blocks;
        item.inode.start = n.inode.start, item.inode.fragment = n.inode.fragment, item.inode.offset = n.inode.offset;
    }
    auto made = write_tables(*plan, p, image.fragments, image.super.inode_table, nullptr, cx);
    if (!made && made.error().kind == Error::Kind::Limit) return std::unexpected(made.error());
    if (!made || image.super.inode_table > image.bytes.size()) return false;
    return equal(made->tables, image.bytes.subspan(image.super.inode_table)) &&
           equal(write_record(made->super, p.endian), image.bytes.first(Super::kSize));
}

}  // namespace

Result<std::shared_ptr<const Params>> Volume::params(Context& cx) const {
    auto image = TRY(this->image(cx));
    std::scoped_lock lock(finding_);
    if (params_) return params_;
    auto p = std::make_shared<Params>(layout_of(*image, *analysis(*image)));
    TRY_VOID(find_encoder(*image, *p, cx));
    TRY_VOID(find_holes(*image, *p, cx));
    p->exact = p->exact && p->known;
    return params_ = p;
}

Result<Recipe> Volume::recipe(Context& cx) const {
    if (major_ != 4) return fail(Error::Kind::Unsupported, "only version 4.0 is written");
    auto p = *TRY(params(cx));
    if (p.exact) {  // its tables tell: only who asks how it was made needs to know
        auto image = TRY(this->image(cx));
        p.exact = TRY(remakes(*image, *analysis(*image), p, cx));
    }
    return recipe_of(p);
}

Result<Rope> Volume::rewrite(std::span<const Wanted> wanted, const Terms& terms, Context& cx) const {
    auto was = TRY(entries(cx));
    bool same = wanted.size() == was.size();
    for (size_t i = 0; same && i < wanted.size(); i++) same = wanted[i].was == i && !wanted[i].content && wanted[i].entry == was[i];
    Rope out;
    if (same) return out.copy(bytes_), out;
    auto image = TRY(this->image(cx));
    if (major_ != 4) return fail(Error::Kind::Unsupported, "a squashfs of version " + std::to_string(major_) + " is read, not written");
    if (!image->whole())
        return fail(Error::Kind::Unsupported, "its tables are damaged (" + image->troubles[0].what + "): what can't be read would be lost");
    auto params = TRY(this->params(cx));
    auto plan = TRY(plan_of(*params, wanted, image.get(), analysis(*image).get()));
    auto placed = TRY(place_changes(plan, *params, *image, bytes_, cx));
    const u64 begin = begin_of_data(*params);
    auto lay = [&]() -> Result<Rope> {
        auto written = TRY(write_tables(plan, *params, placed.fragments, begin + placed.data.size(), image.get(), cx));
        return assemble(*params, placed, std::move(written));
    };
    out = TRY(lay());
    if (out.size() <= terms.room) return out;
    compact(plan, placed, begin);
    return lay();
}

Result<Rope> build(const Recipe& recipe, std::span<const Wanted> wanted, Context& cx) {
    auto p = TRY(params_of(recipe));
    auto plan = TRY(plan_of(p, wanted, nullptr, nullptr));
    auto placed = TRY(place_anew(plan, p, cx));
    auto written = TRY(write_tables(plan, p, placed.fragments, begin_of_data(p) + placed.data.size(), nullptr, cx));
    return assemble(p, placed, std::move(written));
}

}  // namespace fieldstrip::squashfs
