// Sources: bzip2 1.0.8, decompress.c and manual (the format has no other specification); "BZIP2: Format Specification" by Joe Tsai.
#include "codecs/bzip2.h"

#include <bzlib.h>

#include <array>
#include <bit>
#include <new>

namespace fieldstrip::bzip2 {
namespace {

constexpr unsigned kLongestCode = 20, kFastBits = 10, kMostCodes = 6, kGroup = 50;
constexpr unsigned kRunB = 1;  // runs are written with two digits, 0 and 1

/// 57 bits or more from bit `at` on, highest first; zeros behind the end.
u64 window(ByteView in, u64 at) {
    u64 byte = at >> 3, v = 0;
    if (byte < in.size() && in.size() - byte >= 8) {
        std::memcpy(&v, in.data() + byte, 8);
        v = __builtin_bswap64(v);
    } else {
        for (u64 i = 0; i < 8; i++) v = v << 8 | (byte + i < in.size() ? in[byte + i] : 0u);
    }
    return v << (at & 7);
}

/// The crc32 that goes from the highest bit on.
class Crc {
  public:
    void eat(ByteView v) {
        auto& t = tables();
        u32 c = value_;
        size_t i = 0;
        for (; i + 4 <= v.size(); i += 4) {
            c ^= be32(v, i);
            c = t[3][c >> 24] ^ t[2][c >> 16 & 255] ^ t[1][c >> 8 & 255] ^ t[0][c & 255];
        }
        for (; i < v.size(); i++) c = c << 8 ^ t[0][(c >> 24) ^ v[i]];
        value_ = c;
    }
    u32 value() const { return ~value_; }

  private:
    using Tables = std::array<std::array<u32, 256>, 4>;
    static const Tables& tables() {
        static const Tables all = [] {
            Tables t;
            for (u32 i = 0; i < 256; i++) {
                u32 c = i << 24;
                for (int k = 0; k < 8; k++) c = c << 1 ^ (c >> 31 ? 0x04C11DB7u : 0u);
                t[0][i] = c;
            }
            for (u32 i = 0; i < 256; i++)
                for (size_t k = 1; k < 4; k++) t[k][i] = t[k - 1][i] << 8 ^ t[0][t[k - 1][i] >> 24];
            return t;
        }();
        return all;
    }
    u32 value_ = ~u32{0};
};

/// A Huffman code by its lengths.
struct Code {
    std::array<u16, 1 << kFastBits> fast;  // length and symbol of what begins with these bits; 0: longer, or none
    std::array<u32, kLongestCode + 2> first, index;
    std::array<u16, kLongestCode + 1> count;
    std::array<u16, 258> symbols;
    bool complete;

    /// False where there are more codes than fit.
    bool make(std::span<const u8> lengths) {
        count.fill(0), fast.fill(0);
        for (u8 n : lengths) count[n]++;
        u32 next = 0, before = 0;
        u64 used = 0;
        for (unsigned n = 1; n <= kLongestCode; n++) {
            next <<= 1;
            first[n] = next, index[n] = before;
            next += count[n], before += count[n];
            used += u64{count[n]} << (kLongestCode - n);
        }
        complete = used == 1u << kLongestCode;
        if (used > 1u << kLongestCode) return false;
        auto place = index;
        auto code = first;
        for (unsigned s = 0; s < lengths.size(); s++) {
            unsigned n = lengths[s];
            symbols[place[n]++] = u16(s);
            u32 c = code[n]++;
            if (n > kFastBits) continue;
            for (u32 i = 0; i < 1u << (kFastBits - n); i++) fast[(c << (kFastBits - n)) + i] = u16(n << 9 | s);
        }
        return true;
    }
    /// The symbol that `w` begins with and its length; length 0: none.
    std::pair<unsigned, unsigned> read(u64 w) const {
        if (u16 f = fast[w >> (64 - kFastBits)]) return {f & 511u, f >> 9};
        for (unsigned n = kFastBits + 1; n <= kLongestCode; n++) {
            u32 c = u32(w >> (64 - n));
            if (c >= first[n] && c - first[n] < count[n]) return {symbols[index[n] + c - first[n]], n};
        }
        return {0, 0};
    }
};

/// One block on its way.
struct Reading {
    ByteView in;
    u64 at;
    u32 most;  // bytes in the block
    Block& out;
    std::array<u8, 256> bytes = {};  // those that are used, the one used last first
    unsigned used = 0, codes = 0;
    u32 origin = 0;
    std::array<Code, kMostCodes> code = {};
    std::vector<u8> selectors = {};

    bool wrong(std::string_view why) { return out.why = why, false; }
    unsigned take(unsigned n) {
        auto v = unsigned(window(in, at) >> (64 - n));
        at += n;
        return v;
    }
    bool head();
    bool lengths();
    bool content(std::span<u32> links, u32& size);
};

bool Reading::head() {
    at += 48;
    out.stored = u32(window(in, at) >> 32), at += 32;
    if (take(1)) return wrong("a randomised block, as bzip2 0.9.0 made them: not supported");
    origin = take(24);
    unsigned groups = take(16);
    for (unsigned g = 0; g < 16; g++) {
        if (!(groups >> (15 - g) & 1)) continue;
        unsigned some = take(16);
        for (unsigned i = 0; i < 16; i++)
            if (some >> (15 - i) & 1) bytes[used++] = u8(g * 16 + i);
    }
    if (!used) return wrong("a block without bytes");
    codes = take(3);
    if (codes < 2 || codes > kMostCodes) return wrong("a number of Huffman codes that there is not");
    unsigned n = take(15);
    if (!n) return wrong("no selectors");
    if (at + n > in.size() * 8) return wrong("cut");
    std::array<u8, kMostCodes> order = {0, 1, 2, 3, 4, 5};
    selectors.resize(n);
    for (auto& s : selectors) {
        unsigned k = unsigned(std::countl_one(window(in, at) >> 57 << 57));
        if (k >= codes) return wrong("a selector that there is not");
        at += k + 1;
        u8 one = order[k];
        for (; k; k--) order[k] = order[k - 1];
        s = order[0] = one;
    }
    if (!lengths()) return false;
    return origin < most || wrong("an origin behind the block's end");  // now that its codes speak for it, if they do
}

bool Reading::lengths() {
    bool complete = true;
    for (unsigned c = 0; c < codes; c++) {
        std::array<u8, 258> length;
        unsigned n = take(5);
        for (unsigned s = 0; s < used + 2; s++) {
            for (;;) {
                if (n < 1 || n > kLongestCode) return wrong("a Huffman code of a length that there is not");
                if (!take(1)) break;
                n = take(1) ? n - 1 : n + 1;
            }
            length[s] = u8(n);
            if (at > in.size() * 8) return wrong("cut");
        }
        if (!code[c].make(std::span(length).first(used + 2))) return wrong("no Huffman code");
        complete = complete && code[c].complete;
    }
    if (complete) out.codes = codes;
    return true;
}

/// Symbols to bytes: each in the low byte of its link.
bool Reading::content(std::span<u32> links, u32& size) {
    const unsigned end = used + 1;
    size_t group = 0;
    unsigned left = 0;
    const Code* now = nullptr;
    u64 run = 0;
    unsigned shift = 0;
    for (;;) {
        if (!left) {
            if (at > in.size() * 8) return wrong("cut");
            if (group == selectors.size()) return wrong("more symbols than selectors");
            now = &code[selectors[group++]], left = kGroup;
        }
        left--;
        auto [symbol, n] = now->read(window(in, at));
        if (!n) return wrong("a code that there is not");
        at += n;
        if (symbol <= kRunB) {
            if (shift > 20) return wrong("a run longer than a block");
            run += u64{symbol + 1} << shift++;
            continue;
        }
        if (run) {
            if (run > most - size) return wrong("more bytes than a block has");
            std::fill_n(links.begin() + size, run, bytes[0]);
            size += u32(run);
            run = 0, shift = 0;
        }
        if (symbol == end) break;
        if (size == most) return wrong("more bytes than a block has");
        u8 byte = bytes[symbol - 1];
        std::memmove(bytes.data() + 1, bytes.data(), symbol - 1);
        links[size++] = bytes[0] = byte;
    }
    if (at > in.size() * 8) return wrong("cut");
    return origin < size || wrong("an origin behind the block's end");
}

/// Bytes sorted by what follows them, back into their order, and the runs in them written out.
class Writer {
  public:
    Writer(const Take& take, Context& cx) : take_(take), cx_(cx) {}
    Result<Block::End> write(std::span<u32> links, u32 size, u32 origin);
    Crc crc;
    u64 made = 0;

  private:
    Result<bool> flush() {
        TRY_VOID(cx_.spend(&Limits::decoded, n_));
        auto v = ByteView(buffer_).first(n_);
        crc.eat(v);
        made += n_, n_ = 0;
        return take_(v);
    }
    const Take& take_;
    Context& cx_;
    std::array<u8, 1 << 15> buffer_;
    size_t n_ = 0;
};

Result<Block::End> Writer::write(std::span<u32> links, u32 size, u32 origin) {
    std::array<u32, 256> place = {};
    for (u32 i = 0; i < size; i++) place[links[i] & 255]++;
    for (u32 sum = 0; auto& p : place) p = std::exchange(sum, sum + p);
    for (u32 i = 0; i < size; i++) links[place[links[i] & 255]++] |= i << 8;
    u32 at = links[origin] >> 8;
    unsigned same = 0, before = 256;
    for (u32 i = 0; i < size; i++) {
        at = links[at];
        u8 byte = u8(at);
        at >>= 8;
        if (n_ + 256 > buffer_.size() && !TRY(flush())) return Block::End::Stopped;
        if (same == 4) {
            std::memset(buffer_.data() + n_, int(before), byte);
            n_ += byte;
            same = 0, before = 256;
            continue;
        }
        same = byte == before ? same + 1 : 1;
        before = byte;
        buffer_[n_++] = byte;
    }
    if (!TRY(flush())) return Block::End::Stopped;
    return same == 4 ? Block::End::Wrong : Block::End::Whole;
}

}  // namespace

u64 bits_at(ByteView in, u64 at, unsigned count) { return window(in, at) >> (64 - count); }

std::optional<u64> next_magic(ByteView in, u64 from, u64 to) {
    constexpr u64 kMask = (u64{1} << 48) - 1;
    for (u64 byte = from >> 3; byte * 8 < to; byte++) {
        u64 w = window(in, byte * 8);
        for (unsigned k = 0; k < 8; k++) {
            u64 v = w >> (16 - k) & kMask;
            if ((v == kBlockMagic || v == kEndMagic) && byte * 8 + k >= from && byte * 8 + k < to) return byte * 8 + k;
        }
    }
    return {};
}

u64 longest_block(unsigned level) { return (level * 100'000u + 2u) * u64{kLongestCode} + (u64{1} << 18); }

Result<Block> Reader::read(ByteView in, u64 from, unsigned level, const Take& take, Context& cx) {
    Block out{.from = from, .to = from};
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    const u32 most = level * 100'000u;
    Reading r{.in = in, .at = from, .most = most, .out = out};
    u32 size = 0;
    bool good = r.head();
    if (good) {
        if (room_ < most) links_ = std::make_unique_for_overwrite<u32[]>(most), room_ = most;  // most candidates fill none of it
        good = r.content({links_.get(), most}, size);
    }
    const u64 all = in.size() * 8;
    out.to = std::min(r.at, all);
    if (!good) return out.end = r.at > all || out.why == "cut" ? Block::End::Cut : Block::End::Wrong, out;
    auto w = std::make_unique<Writer>(take, cx);
    out.end = TRY(w->write({links_.get(), most}, size, r.origin));
    if (out.end == Block::End::Wrong) out.why = "a run without its length";
    out.crc = w->crc.value(), out.made = w->made;
    return out;
}

Result<void> encode(const Source& content, unsigned level, const Take& take, Context& cx) {
    struct Stream : bz_stream {
        ~Stream() { BZ2_bzCompressEnd(this); }
    } s{};
    if (level < 1 || level > 9) return fail(Error::Kind::Unsupported, "bzip2 has no level " + std::to_string(level));
    if (BZ2_bzCompressInit(&s, int(level), 0, 30) != BZ_OK) throw std::bad_alloc();
    Bytes out(1 << 16);
    bool wanted = true;
    auto run = [&](ByteView v, int action) {
        s.next_in = const_cast<char*>(reinterpret_cast<const char*>(v.data()));
        s.avail_in = unsigned(v.size());
        for (int rc = BZ_RUN_OK; wanted && rc != BZ_STREAM_END && (s.avail_in || action == BZ_FINISH);) {
            s.next_out = reinterpret_cast<char*>(out.data());
            s.avail_out = unsigned(out.size());
            rc = BZ2_bzCompress(&s, action);
            if (rc < 0) return false;
            if (size_t made = out.size() - s.avail_out) wanted = take(ByteView(out).first(made));
        }
        return true;
    };
    Result<void> spent;
    bool good = true;
    TRY_VOID(content([&](ByteView v) {
        while (!v.empty() && wanted && good && spent) {
            auto some = v.first(std::min<size_t>(v.size(), 1 << 20));
            v = v.subspan(some.size());
            spent = cx.spend(&Limits::decoded, 0);
            good = spent && run(some, BZ_RUN);
        }
        return wanted && good && spent;
    }));
    TRY_VOID(spent);
    if (good && wanted) good = run({}, BZ_FINISH);
    if (!good) return fail(Error::Kind::Unsupported, "bzip2 does not encode this");
    return {};
}

}  // namespace fieldstrip::bzip2
