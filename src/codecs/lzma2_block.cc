// Sources: LZMA SDK, DOC/lzma-specification.txt (public domain); XZ Utils 5.4, src/liblzma/lzma/lzma2_decoder.c (chunks).
#include "codecs/lzma2_block.h"

#include "codecs/lzma_range.h"

namespace fieldstrip::lzma2 {
namespace {

using namespace lzma_range;

constexpr u32 kMostLiterals = kLiteral << 4;

/// What goes on from chunk to chunk.
struct Decoder {
    Model model;
    Prob literals[kMostLiterals];
    std::array<u32, 4> rep;
    unsigned state;
    unsigned lc = 0, lp = 0, pb = 0;
    u32 dictionary = 0;

    void reset() {
        rep = {};
        state = 0;
        model.reset();
        std::fill_n(literals, size_t{kLiteral} << (lc + lp), kHalf);
    }
    bool properties(u8 byte) {
        if (byte > (4 * 5 + 4) * 9 + 8) return false;
        lc = byte % 9, lp = byte / 9 % 5, pb = byte / 45;
        return lc + lp <= 4;
    }
    bool chunk(const u8* in, u64 packed, u8* begin, u8* to, u8* end);
};

/// One chunk of LZMA whose bytes and kLongestSymbol more are at `in`, into [to, end); [begin, to) was made before.
bool Decoder::chunk(const u8* in, u64 packed, u8* begin, u8* to, u8* end) {
    if (packed < 5 || in[0]) return false;
    RangeDecoder r{0xFFFFFFFF, u32(load({in + 1, 4}, 4, Endian::Big)), in + 5};
    const u8* const stop = in + packed;
    Model& m = model;
    const u32 pos_mask = (1u << pb) - 1, literal_mask = (1u << lp) - 1;
    const unsigned literal_shift = 8 - lc, literal_bits = lc;
    u32 rep0 = rep[0], rep1 = rep[1], rep2 = rep[2], rep3 = rep[3];
    unsigned now = state;
    u32 before = to > begin ? to[-1] : 0;
    while (to < end) {
        if (r.at > stop) return false;
        const u32 made = u32(to - begin), pos = made & pos_mask;
        if (!r.bit(m.is_match[now][pos])) {
            Prob* probs = literals + kLiteral * (((made & literal_mask) << literal_bits) + (before >> literal_shift));
            u32 symbol;
            if (now < 7) {
                symbol = r.walk<8>(probs);
                now = now < 4 ? 0 : now - 3;
            } else {
                symbol = r.matched(probs, to[-i64(rep0) - 1]);
                now = now < 10 ? now - 3 : now - 6;
            }
            before = *to++ = u8(symbol);
            continue;
        }
        u32 length;
        if (r.bit(m.is_rep[now])) {
            if (!made) return false;
            if (!r.bit(m.is_rep0[now])) {
                if (!r.bit(m.is_long[now][pos])) {
                    now = now < 7 ? 9 : 11;
                    if (rep0 >= made || rep0 >= dictionary) return false;
                    before = *to = to[-i64(rep0) - 1];
                    to++;
                    continue;
                }
            } else {
                r.rep(m, now, rep0, rep1, rep2, rep3);
            }
            length = r.length(m.rep_length, pos);
            now = now < 7 ? 8 : 11;
        } else {
            rep3 = rep2, rep2 = rep1, rep1 = rep0;
            length = r.length(m.match_length, pos);
            now = now < 7 ? 7 : 10;
            rep0 = r.distance(m, length);
        }
        if (rep0 >= made || rep0 >= dictionary || length > u64(end - to)) return false;
        copy(to, u64{rep0} + 1, length);
        to += length;
        before = to[-1];
    }
    r.normalize();
    rep = {rep0, rep1, rep2, rep3};
    state = now;
    return r.at == stop && !r.code;
}

}  // namespace

std::optional<Decoded> decode_block(ByteView in, std::span<u8> out, u32 dictionary) {
    if (out.size() < kSlack || out.size() > u64{1} << 31) return {};
    static thread_local const auto decoder = std::make_unique<Decoder>();
    // Symbols are read without looking whether bytes are there: a chunk at the end of all is read where zeros follow it.
    static thread_local Bytes last((1 << 16) + kLongestSymbol);
    const u8* p = in.data();
    u8 *const begin = out.data(), *to = begin, *const room = begin + out.size() - kSlack;
    decoder->dictionary = dictionary;
    bool fresh = true, need_properties = true, need_state = true;
    for (u64 at = 0; at < in.size();) {
        const u8 control = p[at];
        if (!control) return Decoded{at + 1, u64(to - begin)};
        const bool packed = control >= 0x80;
        if (fresh != (control >= 0xE0 || control == 1) || (!packed && control > 2)) return {};
        fresh = false;
        const u64 header = !packed ? 3 : control >= 0xC0 ? 6 : 5;
        if (in.size() - at < header) return {};
        const u64 content = (packed ? u64{control & 31u} << 16 : 0) + load({p + at + 1, 2}, 2, Endian::Big) + 1;
        const u64 size = packed ? load({p + at + 3, 2}, 2, Endian::Big) + 1 : content;
        if (content > u64(room - to) || size > in.size() - at - header) return {};
        if (!packed) {
            std::memcpy(to, p + at + header, content);
            need_state = true;  // what follows has to begin with a new state
        } else {
            if (control >= 0xC0) {
                if (!decoder->properties(p[at + 5])) return {};
                need_properties = false;
            }
            if (need_properties || (need_state && control < 0xA0)) return {};
            if (control >= 0xA0) decoder->reset(), need_state = false;
            const u8* packed_at = p + at + header;
            if (in.size() - at - header < size + kLongestSymbol) {
                std::fill_n(std::copy_n(packed_at, size, last.begin()), kLongestSymbol, u8{0});
                packed_at = last.data();
            }
            if (!decoder->chunk(packed_at, size, begin, to, to + content)) return {};
        }
        to += content;
        at += header + size;
    }
    return {};
}

}  // namespace fieldstrip::lzma2
