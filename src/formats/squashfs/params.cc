// Source of the makers' ways: squashfs-tools 4.x mksquashfs.c, squashfs-tools-ng.
#include "formats/squashfs/params.h"

#include "base/text.h"

namespace fieldstrip::squashfs {
namespace {

constexpr size_t kMetadataTried = 2;  // blocks

/// Blocks of data that are encoded: so many bytes that each parameter has shown itself. Of zlib's strategies each block shows one.
size_t data_tried(Codec c, u64 block) {
    constexpr u64 kEnough = 128 << 10, kMost = 16;
    const bool slow = c == Codec::Xz || c == Codec::Lzma;
    return std::clamp<u64>(kEnough / block, slow ? 1 : 2, kMost);
}

/// Blocks that the compressor had most to do with: those that became about so long. Of noise there is nothing to be found, and it takes
/// the longest.
template <class T>
std::vector<T> busiest(std::vector<T> all, size_t most, u64 about, auto size) {
    auto off = [&](auto& x) { return size(x) > about ? size(x) - about : about - size(x); };
    std::stable_sort(all.begin(), all.end(), [&](auto& a, auto& b) { return off(a) < off(b); });
    all.resize(std::min(all.size(), most));
    return all;
}

std::string text_of(std::span<const u32> numbers) {
    std::string out;
    for (u32 n : numbers) out += (out.empty() ? "" : ",") + std::to_string(n);
    return out;
}
Result<std::vector<u32>> numbers_of(std::string_view text) {
    std::vector<u32> out;
    while (!text.empty()) {
        auto word = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        auto n = parse_number(word);
        if (!n || *n > ~u32{0}) return fail(Error::Kind::Damaged, "the recipe has a list of numbers with others");
        out.push_back(u32(*n));
    }
    return out;
}

}  // namespace

Params layout_of(const Image& image, const Analysis& a) {
    Params p{.endian = image.endian, .super = image.super};
    auto options = image.bytes.subspan(image.options.offset, image.options.size);
    p.options.assign(options.begin(), options.end());
    p.maker = a.maker, p.links_of_all = a.links_of_all, p.tree_order = a.tree_order, p.dense = a.dense;
    p.root_parent = a.root_parent, p.no_offset = a.no_offset;
    p.export_table = image.super.export_table != kAbsentTable;
    p.empty_fragment_table = image.super.fragments ? a.maker == Maker::Mksquashfs : image.super.fragment_table != kAbsentTable;
    p.ids = image.ids;
    p.fragments = a.fragments;
    p.exact = image.whole() && a.gapless;
    return p;
}

Result<void> find_encoder(const Image& image, Params& p, Context& cx) {
    auto options = ByteView(p.options).subspan(std::min<size_t>(p.options.size(), 2));
    auto said = compressor_of(image.codec, image.super.block_size, options, image.endian);
    if (!said) said = TRY(compressor_of(image.codec, image.super.block_size, {}, image.endian)), p.known = false;
    std::vector<Stored> blocks;
    for (auto& n : image.nodes) {
        if (n.inode.basic() != kFile || blocks.size() > 2000) continue;
        for (auto& b : blocks_of(image, n))
            if (b.packed && b.extent.size) blocks.push_back(b);
    }
    for (u32 i = 0; i < image.fragments.size() && blocks.size() < 3000; i++)
        if (auto b = fragment_of(image, i); b && b->packed) blocks.push_back(*b);
    std::vector<Bytes> plain;
    std::vector<Sample> samples;
    const size_t most = data_tried(image.codec, image.super.block_size);
    plain.reserve(most);
    for (auto& b : busiest(blocks, most, image.super.block_size / 8 * 3, [](auto& x) { return x.extent.size; })) {
        auto made = decode(image, b, cx);
        if (!made && made.error().kind == Error::Kind::Limit) return std::unexpected(made.error());
        if (!made) continue;
        plain.push_back(std::move(*made));
        samples.push_back({image.bytes.subspan(b.extent.offset, b.extent.size), plain.back(), Use::Data});
    }
    std::vector<std::pair<const Table*, const Table::Block*>> metadata;
    for (auto* t : {&image.inodes, &image.directories, &image.id_table})
        for (auto& b : t->blocks)
            if (b.packed && b.good) metadata.emplace_back(t, &b);
    for (auto [t, b] : busiest(metadata, kMetadataTried, kMetadataSize, [](auto& x) { return x.second->stored.size; }))
        samples.push_back(
            {image.bytes.subspan(b->stored.offset + 2, b->stored.size - 2), ByteView(t->plain).subspan(b->at, b->size), Use::Metadata});
    auto found = TRY(find_compressor(*said, samples, cx));
    p.compressor = found.compressor;
    p.known = p.known && found.exact;
    return {};
}

Result<void> find_holes(const Image& image, Params& p, Context& cx) {
    u64 tried = 0;
    for (auto& n : image.nodes) {
        if (n.inode.basic() != kFile) continue;
        for (u32 size : n.blocks)
            if (!size) return {};  // there is one
    }
    // Zeros become so little that hardly any other block is as small.
    for (auto& n : image.nodes) {
        if (n.inode.basic() != kFile) continue;
        for (auto& b : blocks_of(image, n)) {
            bool small = b.packed ? b.extent.size < 64 + b.plain / 64
                                  : b.extent.size == b.plain && one_value(image.bytes.subspan(b.extent.offset, b.extent.size)) == 0;
            if (!small || !b.extent.size || tried++ > 64) continue;
            auto plain = decode(image, b, cx);
            if (!plain && plain.error().kind == Error::Kind::Limit) return std::unexpected(plain.error());
            if (plain && one_value(*plain) == 0) {
                p.holes = false;
                return {};
            }
        }
    }
    return {};
}

Recipe recipe_of(const Params& p) {
    Recipe r;
    auto& s = p.super;
    r.set("version", "4.0");
    r.set("endian", p.endian == Endian::Big ? "big" : "little");
    r.set("maker", p.maker == Maker::Mksquashfs ? "mksquashfs" : "libsquashfs");
    write_compressor(p.compressor, r);
    if (!p.known) r.set("encoder", "nearest");
    if (!p.options.empty()) r.set("options", hex(p.options));
    r.set("mkfs_time", u64{s.mkfs_time});
    r.set("flags", hex_number(s.flags));
    r.set("ids", text_of(p.ids));
    if (!p.fragments.empty()) {
        std::vector<u32> numbers, before;
        bool sorted = true;
        for (auto& [number, run] : p.fragments)
            sorted = sorted && number == numbers.size(), numbers.push_back(number), before.push_back(run);
        if (!sorted) r.set("fragments", text_of(numbers));
        r.set("fragments_before", text_of(before));
    }
    auto no = [&](bool usual, const char* name) {
        if (!usual) r.set(name, "no");
    };
    no(p.holes, "holes"), no(p.tree_order, "tree_order"), no(p.dense, "dense"), no(p.export_table, "export");
    no(p.empty_fragment_table, "empty_fragment_table"), no(!p.links_of_all, "links_of_folders");
    if (p.root_parent) r.set("root_parent", *p.root_parent);
    if (p.no_offset) r.set("no_offset", u64{p.no_offset});
    if (!p.exact) r.set("exact", "no");
    return r;
}

Result<Params> params_of(const Recipe& r) {
    Params p;
    auto number = [&](const char* name, u64 most) -> Result<u64> {
        u64 n = TRY(r.number(name));
        if (n > most) return fail(Error::Kind::Damaged, "the recipe's " + std::string(name) + " can't be");
        return n;
    };
    if (r.text("version") != "4.0") return fail(Error::Kind::Unsupported, "only version 4.0 is written");
    p.endian = r.text("endian") == "big" ? Endian::Big : Endian::Little;
    p.maker = r.text("maker") == "libsquashfs" ? Maker::Libsquashfs : Maker::Mksquashfs;
    p.compressor = TRY(read_compressor(r));
    p.known = r.text("encoder") != "nearest";
    auto& s = p.super;
    s.block_size = p.compressor.block_size;
    s.block_log = 12;
    while (s.block_log < 20 && u32{1} << s.block_log != s.block_size) s.block_log++;
    if (u32{1} << s.block_log != s.block_size) return fail(Error::Kind::Damaged, "the recipe's block size can't be");
    s.compression = u16(p.compressor.codec);
    s.mkfs_time = u32(TRY(number("mkfs_time", ~u32{0})));
    s.flags = u16(TRY(number("flags", 0xFFF)));
    if (auto options = from_hex(r.text("options")); options && options->size() < kMetadata) p.options = *options;
    p.ids = TRY(numbers_of(r.text("ids")));
    auto before = TRY(numbers_of(r.text("fragments_before"))), numbers = TRY(numbers_of(r.text("fragments")));
    for (u32 i = 0; i < before.size(); i++) p.fragments.emplace_back(i < numbers.size() ? numbers[i] : i, before[i]);
    auto yes = [&](const char* name) { return r.text(name) != "no"; };
    p.holes = yes("holes"), p.tree_order = yes("tree_order"), p.dense = yes("dense"), p.export_table = yes("export");
    p.empty_fragment_table = yes("empty_fragment_table"), p.links_of_all = !yes("links_of_folders");
    if (r.has("root_parent")) p.root_parent = TRY(number("root_parent", ~u32{0}));
    if (r.has("no_offset")) p.no_offset = u32(TRY(number("no_offset", ~u32{0})));
    return p;
}

std::string made_by(const Recipe& r) {
    auto p = params_of(r);
    if (!p) return "mksquashfs";
    std::string out = (p->maker == Maker::Mksquashfs ? "mksquashfs 4.x, " : "gensquashfs, ") + words_of(p->compressor);
    auto flag = [&](u16 bit, const char* option) {
        if (p->super.flags & bit) out += option;
    };
    flag(flags::kPlainInodes, " -noI"), flag(flags::kPlainData, " -noD"), flag(flags::kPlainFragments, " -noF");
    flag(flags::kPlainXattrs, " -noX"), flag(flags::kPlainIds, " -noId");
    flag(flags::kNoFragments, " -no-fragments");
    if (p->maker == Maker::Mksquashfs) {
        flag(flags::kAlwaysFragments, " -always-use-fragments");
        if (!(p->super.flags & flags::kDuplicates)) out += " -no-duplicates";
        flag(flags::kNoXattrs, " -no-xattrs");
        if (!p->export_table) out += " -no-exports";
        if (!p->holes) out += " -no-sparse";
    }
    if (p->endian == Endian::Big) out += ", big endian";
    return out;
}

}  // namespace fieldstrip::squashfs
