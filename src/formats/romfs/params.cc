// Source of genromfs's ways: genromfs.c.
#include <bit>
#include <map>

#include "base/text.h"
#include "formats/romfs/volume.h"

namespace fieldstrip::romfs {
namespace {

constexpr u64 kMostAlign = u64{1} << 24;

/// What is between an element and what lies before it, all of them.
struct Gap {
    u64 end;  // of what is before it
    u64 pad;
    bool file;  // one that -a is about
    bool data;  // it is its data that is aligned
    u64 name;
    bool explained(u64 align) const { return pad == pad_for(end, data, name, align); }
};

/// The power of two that explains most of them, the smallest of those; and how many it does.
std::pair<u64, size_t> best_align(const std::vector<Gap>& gaps, u64 from) {
    std::pair<u64, size_t> best{kGrid, 0};
    for (u64 align = from; align <= kMostAlign; align *= 2) {
        auto n = size_t(std::count_if(gaps.begin(), gaps.end(), [&](const Gap& g) { return g.explained(align); }));
        if (n > best.second) best = {align, n};
    }
    return best;
}

bool zeros(ByteView b) { return b.empty() || one_value(b) == 0; }

/// All filler is zeros, and nothing says what genromfs would not say.
bool usual(const Image& image) {
    for (size_t i = 0; i < image.nodes.size(); i++) {
        auto& n = image.nodes[i];
        if (n.broken || (n.header.type() == kHardLink && n.header.spec_at() != image.nodes[n.real].at)) return false;
        if (n.pad && (n.pad > n.at || !zeros(image.bytes.subspan(n.at - n.pad, n.pad)))) return false;
        u64 name_end = n.at + kHeader + n.name, head_end = std::min<u64>(n.data_at(), image.bytes.size());
        if (name_end > head_end || !zeros(image.bytes.subspan(name_end, head_end - name_end))) return false;
        if (!n.has_data()) continue;
        auto data = image.data(n);
        u64 pad = gap_to(n.header.size, kGrid);
        if (data.size != n.header.size || pad > image.bytes.size() - data.end() || !zeros(image.bytes.subspan(data.end(), pad)))
            return false;
    }
    return true;
}

}  // namespace

bool aligned(const Image& image, const Node& n) {
    auto& real = image.nodes[n.real];
    return real.header.type() == kFile;
}

Params params_of(const Image& image) {
    Params p;
    auto name = image.bytes.subspan(std::min<u64>(kHeader, image.bytes.size()));
    p.volume.assign(name.begin(), name.begin() + i64(std::min<u64>(image.volume, name.size())));
    std::vector<Gap> files, others;
    for (size_t i = 1; i < image.nodes.size(); i++) {
        auto& n = image.nodes[i];
        bool file = aligned(image, n);
        Gap g{n.at - n.pad, n.pad, file, n.header.type() == kFile, n.name};
        (file ? files : others).push_back(g);
    }
    auto [align, explained] = best_align(files, kGrid);
    p.align = align;
    std::vector<Gap> rest;
    for (auto& g : files)
        if (!g.explained(align)) rest.push_back(g);
    for (auto& g : others)
        if (g.pad) rest.push_back(g);
    if (!rest.empty()) p.other_align = best_align(rest, kGrid * 2).first;
    u64 size = image.bytes.size();
    p.fill = 0;
    for (u64 fill = kMostAlign; fill >= kGrid; fill /= 2)
        if (image.end + gap_to(image.end, fill) == size) p.fill = fill;
    p.exact = image.in_order && p.fill && zeros(image.bytes.subspan(image.end)) && usual(image);
    if (size >= kHeader) {
        auto sum = sum_of(image.bytes.first(std::min<u64>(size, kSummed)));
        p.exact = p.exact && !sum && be32(image.bytes, kSizeAt) == size;
    }
    return p;
}

Recipe recipe_of(const Params& p) {
    Recipe r;
    r.set("volume", hex(p.volume));
    r.set("align", p.align);
    r.set("fill", p.fill);
    if (!p.exact) r.set("exact", "no");
    return r;
}

Result<Params> params_of(const Recipe& r) {
    Params p;
    p.volume = from_hex(r.text("volume")).value_or(Bytes{});
    p.align = r.number("align").value_or(kGrid), p.fill = r.number("fill").value_or(kGrid);
    if (!p.align || p.align > kMostAlign || p.fill > kMostAlign) return fail(Error::Kind::Damaged, "the recipe's align can't be");
    if (p.volume.size() > kLongestVolume || std::find(p.volume.begin(), p.volume.end(), 0) != p.volume.end())
        return fail(Error::Kind::Damaged, "the recipe's name of the volume can't be");
    return p;
}

std::string made_by(const Recipe& r) {
    auto p = params_of(r);
    if (!p) return "genromfs";
    std::string out = "genromfs -V \"" + escape(as_text(p->volume)) + '"';
    if (p->align > kGrid) out += " -a " + std::to_string(p->align);
    return out;
}

}  // namespace fieldstrip::romfs
