// Finding how blocks were packed: what they say themselves is taken from them, the rest is tried.
// Sources of the candidates: squashfs-tools 4.5.1 (defaults), OpenWrt include/image.mk and tools/squashfs4/patches (xz -Xpreset 9 -Xe -Xlc
// 0 -Xlp 2 -Xpb 2), squashfs-tools-ng lib/sqfs/comp (metadata packed as data).
#include <bit>

#include "codecs/zlib.h"
#include "codecs/zstd.h"
#include "formats/squashfs/compressor.h"
#include "model/in_order.h"

namespace fieldstrip::squashfs {
namespace {

class Finder {
  public:
    Finder(std::span<const Sample> samples, Context& cx) : samples_(samples), cx_(cx) {}

    Result<Found> find(Compressor c) {
        bool slow = c.codec == Codec::Xz || c.codec == Codec::Lzma;
        budget_ = u64(slow ? 32 : 256) << 20;
        for (auto& s : samples_) c.keeps_longer = c.keeps_longer || s.stored.size() >= s.plain.size();
        best_ = c;
        if (TRY(all(c))) return Found{c, true};
        switch (c.codec) {
            case Codec::Gzip: TRY_VOID(gzip(c)); break;
            case Codec::Lzma: TRY_VOID(lzma(c)); break;
            case Codec::Lzo: TRY_VOID(lzo(c)); break;
            case Codec::Xz: TRY_VOID(xz(c)); break;
            case Codec::Lz4: TRY_VOID(levels(c, {0, 12, 9, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11})); break;
            case Codec::Zstd: TRY_VOID(zstd(c)); break;
        }
        return Found{best_, exact_};
    }

  private:
    /// Are all samples made again? Remembers who gets farthest.
    Result<bool> all(const Compressor& c) {
        if (exact_) return true;
        size_t good = 0;
        bool known = true;  // what it makes
        Result<void> done;
        in_order<Result<Bytes>>(
            samples_.size(), [&](size_t i) { return samples_[i].plain.size(); },
            [&](size_t i) { return encode_block(c, samples_[i].plain, cx_, samples_[i].use); },
            [&](size_t i, Result<Bytes> made) {
                auto& s = samples_[i];
                const u64 cost =
                    s.plain.size() * (c.both ? 2 : 1) * u64(1 + std::popcount(c.codec == Codec::Xz ? c.filters : c.strategies));
                if (cost > budget_) return known = false;
                budget_ -= cost;
                failed_ = s.use;
                if (!made && made.error().kind == Error::Kind::Unsupported) return known = false;
                if (!made) return done = std::unexpected(made.error()), false;
                const bool same = equal(*made, s.stored);
                good += same;
                return same;
            },
            cx_);
        TRY_VOID(std::move(done));
        if (!known) return false;
        if (good > most_) most_ = good, best_ = c;
        return exact_ = good == samples_.size();
    }
    /// Both ways of metadata, where it was metadata that differed.
    Result<bool> either(Compressor c) {
        if (TRY(all(c)) || failed_ != Use::Metadata) return exact_;
        c.metadata_as_data = !c.metadata_as_data;
        return all(c);
    }
    /// A candidate is as good as any while nothing was made again at all.
    void prefer(const Compressor& c) {
        if (!most_) best_ = c;
    }

    Result<void> gzip(Compressor c) {
        TRY(either(c));
        auto said = c;
        if (samples_.empty()) return {};
        // What a stream says, and what zlib makes it with; then whether several strategies were tried.
        deflate::Budget budget{u64{64} << 20};
        u32 seen = 0;
        for (auto& s : samples_) {
            deflate::Params likely{.level = c.level, .mem_level = c.mem_level, .strategy = 0, .window = std::max(9, c.window)};
            auto found = TRY(zlib::find(s.plain, s.stored, likely, budget, cx_));
            if (!found) continue;
            if (!seen) c.level = found->level, c.mem_level = found->mem_level, c.window = found->window;
            if (s.use == Use::Data) seen |= u32{1} << found->strategy;
            if (!seen) continue;
            c.strategies = seen == 1 ? 0 : seen;
            prefer(c);
            if (TRY(either(c))) return {};
        }
        // Levels, where the first sample was one that several make.
        for (int level : {9, 6, 8, 7, 5, 4, 3, 2, 1}) {
            c.level = level;
            if (TRY(either(c))) return {};
            auto plain = said;
            plain.level = level;
            if (TRY(either(plain))) return {};
        }
        return {};
    }

    Result<void> levels(Compressor c, std::initializer_list<int> levels) {
        for (int level : levels) {
            c.level = level;
            if (TRY(all(c))) return {};
        }
        return {};
    }

    Result<void> zstd(Compressor c) {
        TRY_VOID(levels(c, {15, 22, 19, 3, 1, 9}));
        for (int level = 1; level <= zstd::most() && !exact_; level++) {
            c.level = level;
            TRY(all(c));
        }
        return {};
    }

    Result<void> lzo(Compressor c) {
        for (bool optimize : {true, false}) {
            c.optimize = optimize;
            c.algorithm = lzo::Algorithm::Lzo1x_999;
            TRY_VOID(levels(c, {8, 9, 7, 6, 5, 4, 3, 2, 1}));
            for (unsigned a = 0; a < lzo::kAlgorithms - 1; a++) {
                c.algorithm = lzo::Algorithm(a);
                if (TRY(all(c))) return {};
            }
        }
        return {};
    }

    Result<void> presets(Compressor c, const lzma2::Params& properties, std::span<const u32> sets) {
        for (u32 nice : {0u, 64u})  // OpenWrt's -Xe keeps a length of 64
            for (u32 preset : sets) {
                if (nice && !(preset & lzma2::kExtreme)) continue;
                c.lzma = properties;
                c.lzma.preset = preset, c.lzma.nice = nice;
                if (TRY(either(c))) return {};
            }
        c.both = true, c.lzma.nice = 0;
        for (u32 preset : sets) {
            if (preset & lzma2::kExtreme) continue;
            c.lzma.preset = preset;
            if (TRY(either(c))) return {};
        }
        return {};
    }

    Result<void> xz(Compressor c) {
        std::optional<u8> properties;
        u32 filters = 0, dictionary = 0;
        for (auto& s : samples_) {
            auto said = xz_buffer::look(s.stored);
            if (!said) continue;
            c.check = said->check;
            if (!properties && said->properties) properties = said->properties;
            for (size_t i = 0; i < std::size(kFilters); i++)
                if (said->chain.front().id == kFilters[i]) filters |= u32{1} << i;
            if (auto d = lzma2::dictionary_of(said->chain.back().properties[0]); d && (s.use == Use::Data || !dictionary)) dictionary = *d;
        }
        if (dictionary) c.dictionary = dictionary;
        auto lzma = c.lzma;
        if (properties) lzma2::set_properties(lzma, *properties);
        auto told = lzma;  // as the options have it
        std::vector<u32> sets{c.filters};
        if ((c.filters | filters) != c.filters) sets = {c.filters | filters, c.filters};
        for (u32 set : sets) {
            c.filters = set;
            c.lzma = told;
            prefer(c);
            if (TRY(either(c))) return {};
            TRY_VOID(presets(c, lzma, lzma2::presets_for(1 << 23)));
        }
        return {};
    }

    Result<void> lzma(Compressor c) {
        bool first = true;
        for (auto& s : samples_) {
            auto block = decode_lzma(s.stored, s.plain.size(), cx_);
            if (!block && block.error().kind == Error::Kind::Limit) return std::unexpected(block.error());
            if (!block || (!first && s.use == Use::Metadata)) continue;
            auto& h = block->front.header;
            c.frame = block->front.frame;
            c.sized = h.size.has_value();
            c.marker = c.sized ? TRY(has_marker(s.stored, *block, cx_)) : block->front.marker;
            c.lzma.lc = h.lc, c.lzma.lp = h.lp, c.lzma.pb = h.pb;
            c.dictionary = h.dictionary;
            first = false;
            if (s.use == Use::Data) break;
        }
        if (first) return {};
        prefer(c);
        if (TRY(either(c))) return {};
        std::vector<u32> sets{5};
        for (u32 p : lzma2::presets_for(1 << 23)) sets.push_back(p);
        TRY_VOID(presets(c, c.lzma, sets));
        return {};
    }

    std::span<const Sample> samples_;
    Context& cx_;
    Compressor best_;
    size_t most_ = 0;
    u64 budget_ = 0;          // bytes that may still be encoded
    Use failed_ = Use::Data;  // of the sample that was not made again
    bool exact_ = false;
};

}  // namespace

Result<Found> find_compressor(const Compressor& said, std::span<const Sample> samples, Context& cx) {
    return Finder(samples, cx).find(said);
}

}  // namespace fieldstrip::squashfs
