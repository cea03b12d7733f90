// Source of mkcramfs's ways: util-linux disk-utils/mkfs.cramfs.c.
#include "formats/cramfs/params.h"

#include <map>
#include <set>

#include "base/digest.h"
#include "base/text.h"
#include "codecs/zlib.h"

namespace fieldstrip::cramfs {
namespace {

u64 lists_at(const Image& image) { return image.nodes.size() > 1 ? image.nodes[1].at : image.begin + kSuper; }

/// Whether lists and data follow each other without gaps and in mkcramfs's order.
bool gapless(const Image& image) {
    u64 at = lists_at(image);
    for (size_t i = 1; i < image.nodes.size(); i++) {
        auto& n = image.nodes[i];
        if (n.at != at) return false;
        at += kInode + n.inode.name();
    }
    auto order = data_in_order(image);
    std::stable_sort(order.begin(), order.end(),
                     [&](u32 a, u32 b) { return image.nodes[a].inode.offset() < image.nodes[b].inode.offset(); });
    for (u32 i : order) {
        auto& inode = image.nodes[i].inode;
        if (inode.offset() != at) return false;
        auto last = block_of(image, inode, image.blocks(inode) - 1);
        if (!last) return false;
        at = last->extent.end() + gap_to(last->extent.end(), 4);
    }
    return at <= image.bytes.size() + 3;
}

/// What it was filled up to: a page, or a block, or else the largest power of two that explains it.
std::optional<u64> find_align(const Image& image, u64 end) {
    auto holds = [&](u64 align) { return end + gap_to(end, align) == image.bytes.size(); };
    if (holds(image.block)) return image.block;
    for (u64 align = u64{1} << 24; align >= 4; align /= 2)
        if (holds(align)) return align;
    return {};
}

/// Equal data of different places is data that nobody shared.
Result<bool> shares(const Image& image, Context& cx) {
    std::map<u64, std::vector<u32>> by_size;
    for (u32 i : data_in_order(image)) by_size[image.nodes[i].inode.size].push_back(i);
    for (auto& [size, all] : by_size) {
        if (all.size() < 2) continue;
        std::set<Bytes> seen;
        for (u32 i : all) {
            TRY_VOID(cx.spend(&Limits::decoded, size));  // data may overlap, and be hashed more often than it lies there
            if (auto digest = data_digest(image, image.nodes[i].inode); digest && !seen.insert(*digest).second) return false;
        }
    }
    return true;
}

struct Sample {
    ByteView encoded;
    Bytes content;
};

/// Some blocks that zlib had something to do with; those first that it had most.
std::vector<Sample> samples_of(const Image& image) {
    constexpr size_t kMost = 24;
    constexpr u64 kMostTried = 2000;
    std::vector<Sample> out;
    u64 tried = 0;
    for (u32 i : data_in_order(image)) {
        auto& inode = image.nodes[i].inode;
        for (u64 k = 0; k < std::min<u64>(image.blocks(inode), 4) && out.size() < kMost && tried++ < kMostTried; k++) {
            auto b = block_of(image, inode, k);
            if (!b || b->stored || !b->extent.size) continue;
            Sample s{image.bytes.subspan(b->extent.offset, b->extent.size), Bytes(b->content)};
            if (zlib::decode(s.encoded, s.content) == b->content) out.push_back(std::move(s));
        }
    }
    auto work = [](const Sample& s) { return s.encoded.size() < s.content.size() ? s.encoded.size() : 0; };
    std::stable_sort(out.begin(), out.end(), [&](auto& a, auto& b) { return work(a) > work(b); });
    return out;
}

/// The parameters that make most of the samples.
Result<void> find_zlib(const Image& image, Params& p, Context& cx) {
    constexpr int kLevels[] = {1, 5, 6, 9};  // by the two bits that zlib writes in front
    auto samples = samples_of(image);
    deflate::Budget budget{u64{32} << 20};
    size_t best = 0;
    p.zlib_known = samples.empty();
    for (size_t i = 0; i < std::min<size_t>(samples.size(), 4) && best < samples.size(); i++) {
        auto& s = samples[i];
        auto found = TRY(zlib::find(s.content, s.encoded, {.level = kLevels[s.encoded[1] >> 6]}, budget, cx));
        if (!found) continue;
        auto deflater = TRY(zlib::Deflater::with(*found));
        size_t good = 0;
        for (auto& other : samples) {
            Bytes made;
            deflater.encode(other.content, made);
            good += equal(made, other.encoded);
        }
        if (good > best) best = good, p.zlib = *found;
    }
    p.zlib_known = best == samples.size();
    return {};
}

}  // namespace

Bytes data_digest(u64 size, std::span<const u64> ends, ByteView blocks) {
    Bytes all(8 * ends.size() + 8);  // the size too: a hole of 4 bytes is one of 4096
    store(std::span(all).last(8), 8, Endian::Little, size);
    for (size_t i = 0; i < ends.size(); i++) store(std::span(all).subspan(8 * i, 8), 8, Endian::Little, ends[i]);
    all.insert(all.end(), blocks.begin(), blocks.end());
    return sha256(all);
}

std::optional<Bytes> data_digest(const Image& image, const Inode& inode) {
    std::vector<u64> ends;
    for (u64 i = 0; i < image.blocks(inode); i++) {
        auto b = block_of(image, inode, i);
        if (!b) return {};
        ends.push_back(b->extent.end() - inode.offset());
    }
    if (ends.empty()) return {};
    u64 data = inode.offset() + 4 * ends.size(), end = inode.offset() + ends.back();
    if (end < data) return {};
    return data_digest(inode.size, ends, image.bytes.subspan(data, end - data));
}

Params layout_of(const Volume& v) {
    auto& image = v.image();
    Params p{.endian = image.endian, .super = image.super, .boot = image.begin, .block = image.block, .ranks = !v.depth_first()};
    u64 end = end_of_data(image), lists = lists_at(image);
    if (image.super.flags & flags::kShiftedRoot && image.super.root.offset() <= image.bytes.size())
        lists = std::max(image.super.root.offset(), image.begin + kSuper);
    if (lists >= image.begin + kSuper) p.inserted = lists - image.begin - kSuper;
    end = std::max(end, lists);
    auto zeros = [&](Extent e) { return !e.size || one_value(image.bytes.subspan(e.offset, e.size)) == 0; };
    auto align = find_align(image, end);
    p.align = align.value_or(0);
    p.exact = align && !p.inserted && !image.ext() && zeros({0, image.begin}) && zeros({end, image.bytes.size() - end}) && gapless(image);
    for (auto& n : image.nodes) p.exact = p.exact && !n.broken;
    if (p.super.version2()) {
        u64 blocks = 0;
        for (u32 i : data_in_order(image)) blocks += image.blocks(image.nodes[i].inode);
        p.exact = p.exact && p.super.files == image.nodes.size() && p.super.blocks == blocks && p.super.size == image.bytes.size();
    }
    return p;
}

Result<Params> params_of(const Volume& v, Context& cx) {
    auto p = layout_of(v);
    p.share = TRY(shares(v.image(), cx));
    TRY_VOID(find_zlib(v.image(), p, cx));
    p.exact = p.exact && p.zlib_known;
    return p;
}

Recipe recipe_of(const Params& p) {
    Recipe r;
    auto& s = p.super;
    r.set("endian", p.endian == Endian::Big ? "big" : "little");
    r.set("flags", hex_number(s.flags));
    r.set("name", hex(s.name));
    if (s.version2()) {
        r.set("edition", s.edition);
    } else {
        r.set("size", s.size);
        for (auto [name, value] : {std::pair("crc", s.crc), {"edition", s.edition}, {"blocks", s.blocks}, {"files", s.files}})
            r.set(name, value);
    }
    if (s.future) r.set("future", s.future);
    if (as_text(s.signature) != kSignature) r.set("signature", hex(s.signature));
    r.set("block_size", p.block);
    r.set("align", p.align);
    if (p.boot) r.set("boot", p.boot);
    if (p.inserted) r.set("inserted", p.inserted);
    r.set("share", p.share ? "yes" : "no");
    if (p.ranks) r.set("order", "kept");
    r.set("level", u64(p.zlib.level));
    r.set("mem_level", u64(p.zlib.mem_level));
    if (p.zlib.strategy) r.set("strategy", u64(p.zlib.strategy));
    if (p.zlib.window != 15) r.set("window", u64(p.zlib.window));
    if (!p.exact) r.set("exact", "no");
    return r;
}

Result<Params> params_of(const Recipe& r) {
    Params p;
    auto& s = p.super;
    auto number = [&](const char* name, u64 otherwise, u64 most) { return std::min(r.number(name).value_or(otherwise), most); };
    auto bytes = [&](const char* name, std::span<u8> to) {
        if (auto b = from_hex(r.text(name)); b && b->size() == to.size()) std::copy(b->begin(), b->end(), to.begin());
    };
    p.endian = r.text("endian") == "big" ? Endian::Big : Endian::Little;
    s.flags = u32(TRY(r.number("flags")));
    std::copy(kSignature.begin(), kSignature.end(), s.signature);
    bytes("name", s.name);
    bytes("signature", s.signature);
    s.edition = u32(number("edition", 0, ~u32{0})), s.future = u32(number("future", 0, ~u32{0}));
    s.size = u32(number("size", 0, ~u32{0})), s.crc = u32(number("crc", 0, ~u32{0}));
    s.blocks = u32(number("blocks", 0, ~u32{0})), s.files = u32(number("files", 0, ~u32{0}));
    p.block = number("block_size", kPage, 1 << 20), p.align = number("align", kPage, 1 << 24);
    if (p.block < 512) return fail(Error::Kind::Damaged, "the recipe's block_size can't be");
    p.boot = r.has("boot") ? kBoot : 0;
    p.inserted = number("inserted", 0, kMostOffset);
    p.share = r.text("share") != "no";
    p.ranks = r.text("order") == "kept";
    p.zlib.level = int(number("level", 6, 9)), p.zlib.mem_level = int(number("mem_level", 8, 9));
    p.zlib.strategy = int(number("strategy", 0, 4)), p.zlib.window = int(number("window", 15, 15));
    return p;
}

std::string made_by(const Recipe& r) {
    auto p = params_of(r);
    if (!p) return "mkfs.cramfs";
    std::string out = p->endian == Endian::Big ? "mkfs.cramfs -N big" : "mkfs.cramfs -N little";
    if (p->block != kPage) out += " -b " + std::to_string(p->block);
    if (p->super.edition && p->super.version2()) out += " -e " + std::to_string(p->super.edition);
    auto name = as_text(p->super.name);
    name = name.substr(0, name.find('\0'));
    if (name != "Compressed") out += " -n \"" + escape(name) + '"';
    if (p->boot) out += " -p";
    if (p->super.flags & flags::kHoles) out += " -z";
    if (p->inserted) out += " -i FILE";
    if (!p->super.version2()) out += " (of version 1)";
    if (p->zlib != deflate::Params{}) out += " (" + deflate::words(p->zlib) + ")";
    return out;
}

}  // namespace fieldstrip::cramfs
