#include "formats/lzma/stream.h"

#include <bit>

#include "codecs/lzma_look.h"

namespace fieldstrip::lzma {
namespace {

using End = lzma_reader::Read::End;

constexpr u64 kConvincing = 4096;   // packed bytes that were read without an error, where no end proves them
constexpr unsigned kNoChance = 40;  // bits: among ten million places that look like a header none gets so far
constexpr u64 kMostContent = u64{1} << 40;

/// lc = 3, lp = 0, pb = 2 of nearly everybody, and what OpenWrt uses for kernels (lc = 1, lp = 2).
bool usual_properties(const Header& h) {
    return h.pb == 2 && ((h.lc == 3 && !h.lp) || (h.lc == 1 && h.lp == 2) || (h.lc == 0 && h.lp == 2));
}

/// What the header alone speaks for it. Zeros are everywhere, and so is 0xFF: they count little.
unsigned header_bits(const Header& h) {
    unsigned bits = 8;  // the range coder's first byte
    if (is_usual(h.dictionary)) bits += 10;
    if (usual_properties(h)) bits += 6;
    if (!h.has_size) return bits;
    if (!h.size) return bits + 24;
    return bits + 4 * (8 - unsigned(std::bit_width(*h.size) + 7) / 8);
}

/// Tables of small numbers decode, as bits that are all alike; what is coded looks like noise. The beginning tells: what is behind it may
/// have been erased.
bool is_table(ByteView coded) {
    constexpr u64 kTells = 32, kBeginning = 256;
    coded = coded.first(std::min(coded.size(), kBeginning));
    return coded.size() >= kTells && u64(std::ranges::count(coded, u8{0})) > coded.size() / 2;
}

}  // namespace

lzma_reader::Shape Header::shape(bool ends_with_input) const {
    return {.lc = lc, .lp = lp, .pb = pb, .window = std::max<u64>(dictionary, 4096), .size = size, .ends_with_input = ends_with_input};
}

bool is_usual(u32 d) {
    if (d == ~u32{0}) return true;
    if (d < 4096) return false;
    const u32 lowest = d & (0 - d);  // and not std::popcount, which calls a function where the processor may have no such instruction
    return d == lowest || d == lowest * 3;
}

std::optional<Header> read_header(ByteView in, bool has_size) {
    Header h{.has_size = has_size};
    if (in.size() < h.bytes() + 5 || in[h.bytes()] || in[0] >= 9 * 5 * 5 || !lzma_reader::may_begin(in.subspan(h.bytes()))) return {};
    h.lc = in[0] % 9, h.lp = in[0] / 9 % 5, h.pb = in[0] / 45;
    h.dictionary = le32(in, 1);
    bool usual = is_usual(h.dictionary);
    if (!has_size) return usual && h.dictionary >= 1 << 16 && usual_properties(h) ? std::optional(h) : std::nullopt;
    auto size = le64(in, 5);
    if (size == kUnbounded) return h;
    // An odd dictionary is one that somebody may have; of many tables of numbers the bytes there are none.
    if (!size || size >= kMostContent || (!usual && (h.dictionary < 4096 || h.dictionary > 1 << 28))) return {};
    if (!usual && h.lc + h.lp > 4) return {};
    h.size = size;
    return h;
}

unsigned proof(const Stream& s, bool fills) {
    unsigned header = header_bits(s.header), read = s.read.bits;
    if (fills) header += 8;
    if (s.whole()) {
        constexpr unsigned kMarker = 30, kNothingLeft = 24;
        if (s.read.marker) return header + read + kMarker + kNothingLeft;
        // Of little content little is proven; alone in its space, its end is proof too.
        bool enough = fills || read + (usual_properties(s.header) && is_usual(s.header.dictionary) ? 8 : 0) >= 12;
        return enough ? header + read + kNothingLeft : 0;
    }
    return read >= kNoChance && s.read.used >= kConvincing ? header + read : 0;
}

Result<std::optional<Stream>> read(ByteView all, bool alone, const lzma_reader::Take& take, Context& cx) {
    for (bool has_size : {true, false}) {
        auto header = read_header(all, has_size);
        if (!header) continue;
        auto stream = all.subspan(header->bytes());
        if (!alone && !lzma_reader::may_go_on(stream, header->shape(false))) continue;
        lzma_reader::Reader reader;
        auto r = TRY(reader.read(stream, header->shape(alone && !has_size), take, cx));
        Stream s{*header, r};
        if (r.end == End::Stopped) return s;
        if (!alone && is_table(stream.first(std::min(r.used, stream.size())))) continue;
        if (proof(s, alone && s.size() == all.size())) return s;
    }
    return std::optional<Stream>{};
}

}  // namespace fieldstrip::lzma
