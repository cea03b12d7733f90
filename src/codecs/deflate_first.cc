// Sources: RFC 1951, 3.2; zlib 1.2.13, deflate.c (sym_end, deflate_slow) and trees.c; gzip 1.12, trees.c (ct_tally).
#include "codecs/deflate_first.h"

#include <zlib.h>

#include <array>

#include "codecs/deflate_tables.h"

namespace fieldstrip::deflate {
namespace {

constexpr unsigned kLongest = 15, kCoded = kLiterals + 2;  // symbols: two that no stream has complete the fixed code
constexpr u64 kMost = u64{1} << 16;                        // symbols: lit_bufsize of zlib is 32768 at most

/// Bits, the lowest first; zeros behind the end, and then it is over.
class Bits {
  public:
    explicit Bits(ByteView in) : in_(in) {}
    unsigned take(unsigned n) {
        unsigned v = 0;
        for (unsigned i = 0; i < n; i++) v |= one() << i;
        return v;
    }
    unsigned one() {
        if (at_ >= 8 * in_.size()) return over_ = true, 0;
        const unsigned bit = in_[at_ / 8] >> at_ % 8 & 1;
        at_++;
        return bit;
    }
    bool over() const { return over_; }

  private:
    ByteView in_;
    u64 at_ = 0;
    bool over_ = false;
};

/// A canonical code: symbols in the order of their codes, and how many there are of each length.
class Code {
  public:
    /// False where more is coded than there is room for.
    bool set(std::span<const u8> lengths) {
        count_ = {};
        for (u8 n : lengths) count_[n]++;
        int left = 1;
        for (unsigned n = 1; n <= kLongest; n++)
            if (left = 2 * left - int(count_[n]); left < 0) return false;
        std::array<unsigned, kLongest + 1> next{};
        for (unsigned n = 1; n < kLongest; n++) next[n + 1] = next[n] + count_[n];
        for (size_t i = 0; i < lengths.size(); i++)
            if (lengths[i]) symbols_[next[lengths[i]]++] = u16(i);
        return true;
    }
    std::optional<unsigned> read(Bits& in) const {
        unsigned code = 0, first = 0, index = 0;
        for (unsigned n = 1; n <= kLongest; n++) {
            code |= in.one();
            if (code - first < count_[n]) return symbols_[index + code - first];
            index += count_[n];
            first = (first + count_[n]) << 1;
            code <<= 1;
        }
        return {};
    }

  private:
    std::array<unsigned, kLongest + 1> count_{};
    std::array<u16, kCoded> symbols_{};
};

/// The two codes that a block of the third kind says, and what they say of its matches.
bool read_codes(Bits& in, Code& literals, Code& distances, FirstBlock::Matches& matches) {
    const unsigned literal_count = in.take(5) + 257, distance_count = in.take(5) + 1, code_count = in.take(4) + 4;
    if (literal_count > kLiterals || distance_count > kDistances) return false;
    std::array<u8, kLengthCodes> short_lengths{};
    for (unsigned i = 0; i < code_count; i++) short_lengths[kOrder[i]] = u8(in.take(3));
    Code code;
    if (!code.set(short_lengths)) return false;
    std::array<u8, kCoded + kDistances> lengths{};
    for (unsigned i = 0; i < literal_count + distance_count;) {
        auto symbol = code.read(in);
        if (!symbol || in.over()) return false;
        if (*symbol < 16) {
            lengths[i++] = u8(*symbol);
            continue;
        }
        if (*symbol == 16 && !i) return false;
        const u8 again = *symbol == 16 ? lengths[i - 1] : u8{0};
        unsigned n = (*symbol == 18 ? 11 : 3) + in.take(kRepeatExtra[*symbol - 16]);
        if (i + n > literal_count + distance_count) return false;
        while (n--) lengths[i++] = again;
    }
    auto all = std::span(lengths);
    const auto literal = all.first(literal_count);
    constexpr unsigned kShort = kEnd + 3;  // the code for five bytes
    constexpr int kMany = 8;               // lengths: by chance none of so many is short
    auto coded = [&](unsigned from, unsigned to) {
        int n = 0;
        for (unsigned i = from; i < std::min(to, literal_count); i++) n += literal[i] != 0;
        return n;
    };
    using enum FirstBlock::Matches;
    matches = coded(kEnd + 1, kShort + 1) ? Short : coded(kShort + 1, kLiterals) >= kMany ? Long : Untold;
    return literals.set(literal) && distances.set(all.subspan(literal_count, distance_count));
}

void fixed_codes(Code& literals, Code& distances) {
    std::array<u8, kCoded> lengths{};
    for (unsigned i = 0; i < kCoded; i++) lengths[i] = u8(fixed_length(i));
    literals.set(lengths);
    std::array<u8, kDistances> five{};
    five.fill(5);
    distances.set(five);
}

}  // namespace

std::optional<FirstBlock> first_block(ByteView encoded, bool count) {
    Bits in(encoded);
    FirstBlock out{.last = in.one() != 0};
    Code literals, distances;
    switch (in.take(2)) {
        case 1: fixed_codes(literals, distances); break;
        case 2:
            if (!read_codes(in, literals, distances, out.matches)) return {};
            break;
        default: return {};
    }
    if (out.last || !count) return out;  // who wrote the last could not choose where it ends
    for (u64 symbols = 0; symbols <= kMost; symbols++) {
        auto symbol = literals.read(in);
        if (!symbol || in.over() || *symbol >= kLiterals) return {};
        if (*symbol == kEnd) return out.symbols = symbols, out;
        if (*symbol < kEnd) continue;
        in.take(kLengthExtra[*symbol - kEnd - 1]);
        auto distance = distances.read(in);
        if (!distance) return {};
        in.take(distance_extra(*distance));
    }
    return {};
}

bool may_begin_with(const FirstBlock& b, const Params& p) {
    constexpr int kLazy = 4;  // the first level at which zlib's Z_FILTERED takes no match that is so short
    if (p.program == Program::Zlib && p.strategy == Z_FILTERED && p.level >= kLazy && b.matches == FirstBlock::Matches::Short) return false;
    constexpr u64 kGzip = 0x8000, kLooks = 0x1000;  // symbols that GNU gzip holds; and after how many it may end a block that went well
    if (!b.symbols || p.flush != Flush::None || p.rsyncable || !p.level) return true;
    if (p.program == Program::Zlib) return *b.symbols == (u64{1} << (p.mem_level + 6)) - 1;
    return p.program != Program::Gzip || *b.symbols == kGzip - 1 || *b.symbols % kLooks == 0;
}

}  // namespace fieldstrip::deflate
