// Sources: RFC 1951; for which of several optimal codes is taken: zlib's trees.c (heap with the depth of trees as second key, the way in
// which lengths that are too long are shortened).
#include "codecs/deflate_block.h"

#include <algorithm>
#include <array>

#include "codecs/deflate_tables.h"

namespace fieldstrip::deflate {
namespace {

struct Tables {
    u8 length_code[259] = {};  // by length
    u16 length_base[29] = {};
    u8 distance_code[512] = {};  // of distance - 1: below 256 as it is, above its upper bits behind the first 256
    u16 distance_base[kDistances] = {};
    constexpr Tables() {
        unsigned length = 3, distance = 0;
        for (u8 code = 0; code < 28; code++) {
            length_base[code] = u16(length);
            for (unsigned n = 1u << kLengthExtra[code]; n && length <= 258; n--) length_code[length++] = code;
        }
        length_base[28] = 258;
        length_code[258] = 28;
        for (unsigned code = 0; code < kDistances; code++) {
            distance_base[code] = u16(distance);
            for (unsigned n = 1u << distance_extra(code); n; n--, distance++)
                if (distance < 256)
                    distance_code[distance] = u8(code);
                else
                    distance_code[256 + (distance >> 7)] = u8(code);
        }
    }
    constexpr unsigned code_of(unsigned distance) const {
        distance--;
        return distance < 256 ? distance_code[distance] : distance_code[256 + (distance >> 7)];
    }
};
constexpr Tables kTables;

/// Lengths of codes and the codes, their first bit lowest.
struct Codes {
    std::array<u8, kLiterals + 2> lengths{};  // the two that no stream has make the fixed code complete
    std::array<u16, kLiterals + 2> codes{};
    unsigned used = 0;  // the last code that is there, and one

    void number(unsigned longest) {
        u32 of_length[17] = {}, next[17] = {};
        for (unsigned i = 0; i < used; i++) of_length[lengths[i]]++;
        of_length[0] = 0;
        for (unsigned n = 1; n <= longest; n++) next[n] = (next[n - 1] + of_length[n - 1]) << 1;
        for (unsigned i = 0; i < used; i++) {
            unsigned n = lengths[i], code = n ? next[n]++ : 0, turned = 0;
            for (unsigned b = 0; b < n; b++) turned |= (code >> b & 1) << (n - 1 - b);
            codes[i] = u16(turned);
        }
    }
};

/// Huffman's codes for symbols that are used so often, none longer than `longest`.
class Huffman {
  public:
    Huffman(std::span<const u32> counts, unsigned longest) : elements_(unsigned(counts.size())), longest_(longest) {
        std::copy(counts.begin(), counts.end(), count_.begin());
        for (unsigned i = 0; i < elements_; i++)
            if (count_[i]) leaf(i), out_.used = i + 1;
        while (size_ < 2) {  // readers want two codes
            unsigned i = out_.used < 3 ? out_.used++ : 0;
            count_[i] = 1;
            leaf(i);
        }
        combine();
        measure();
        out_.number(longest);
    }
    Codes codes() const { return out_; }

  private:
    void leaf(unsigned i) { heap_[++size_] = u16(i); }
    bool smaller(unsigned a, unsigned b) const { return count_[a] < count_[b] || (count_[a] == count_[b] && depth_[a] <= depth_[b]); }
    void sink(unsigned k) {
        u16 v = heap_[k];
        for (unsigned j = 2 * k; j <= size_; k = j, j *= 2) {
            if (j < size_ && smaller(heap_[j + 1], heap_[j])) j++;
            if (smaller(v, heap_[j])) break;
            heap_[k] = heap_[j];
        }
        heap_[k] = v;
    }
    void combine() {
        for (unsigned k = size_ / 2; k; k--) sink(k);
        unsigned node = elements_;
        do {
            unsigned a = heap_[1];
            heap_[1] = heap_[size_--];
            sink(1);
            unsigned b = heap_[1];
            sorted_.push_back(u16(a));
            sorted_.push_back(u16(b));
            count_[node] = count_[a] + count_[b];
            depth_[node] = u8(std::max(depth_[a], depth_[b]) + 1);
            father_[a] = father_[b] = u16(node);
            heap_[1] = u16(node++);
            sink(1);
        } while (size_ >= 2);
        sorted_.push_back(heap_[1]);
    }
    /// `sorted_` is by how often they are used, rarest first, the root last.
    void measure() {
        std::array<unsigned, kNodes> length{};
        u32 of_length[17] = {};
        int over = 0;
        for (auto i = sorted_.rbegin() + 1; i != sorted_.rend(); ++i) {
            unsigned n = length[father_[*i]] + 1;
            if (n > longest_) n = longest_, over++;
            length[*i] = n;
            if (*i < elements_) of_length[n]++, out_.lengths[*i] = u8(n);
        }
        if (!over) return;
        for (; over > 0; over -= 2) {
            unsigned n = longest_ - 1;
            while (!of_length[n]) n--;
            of_length[n]--;
            of_length[n + 1] += 2;
            of_length[longest_]--;
        }
        auto next = sorted_.begin();
        for (unsigned n = longest_; n; n--)
            for (u32 left = of_length[n]; left; ++next)
                if (*next < elements_) out_.lengths[*next] = u8(n), left--;
    }

    static constexpr unsigned kNodes = 2 * kLiterals + 1;
    unsigned elements_, longest_, size_ = 0;
    std::array<u32, kNodes> count_{};
    std::array<u16, kNodes> heap_{}, father_{};
    std::array<u8, kNodes> depth_{};
    std::vector<u16> sorted_;
    Codes out_;
};

Codes fixed_literals() {
    Codes c;
    c.used = kLiterals + 2;
    for (unsigned i = 0; i < c.used; i++) c.lengths[i] = u8(fixed_length(i));
    c.number(9);
    return c;
}
Codes fixed_distances() {
    Codes c;
    c.used = kDistances;
    std::fill_n(c.lengths.begin(), kDistances, u8(5));
    c.number(5);
    return c;
}

/// The lengths of a code as runs: symbol, and a number that follows it.
struct Run {
    u8 symbol, more;
};
void runs_of(const Codes& codes, std::vector<Run>& out) {
    int before = -1;
    for (unsigned i = 0; i < codes.used;) {
        u8 length = codes.lengths[i];
        unsigned most = length == 0 ? 138 : length == before ? 6 : 7, least = length == 0 || length == before ? 3 : 4, n = 1;
        while (n < most && i + n < codes.used && codes.lengths[i + n] == length) n++;
        i += n;
        if (n < least)
            for (; n; n--) out.push_back({length, 0});
        else if (length == 0)
            out.push_back(n <= 10 ? Run{17, u8(n - 3)} : Run{18, u8(n - 11)});
        else {
            if (length != before) out.push_back({length, 0}), n--;
            out.push_back({16, u8(n - 3)});
        }
        before = length;
    }
}

}  // namespace

void BlockWriter::match(unsigned length, unsigned distance) {
    symbols_.push_back(distance << 16 | length);
    matches_++;
    literals_[257 + kTables.length_code[length]]++;
    distances_[kTables.code_of(distance)]++;
}

u64 BlockWriter::distance_bits() const {
    u64 sum = 0;
    for (unsigned i = 0; i < kDistances; i++) sum += distances_[i] * u64(5 + distance_extra(i));
    return sum;
}

void BlockWriter::stored(ByteView plain, bool last) {
    bits(last, 3);
    align_bits();
    u8 head[4];
    store(head, 2, Endian::Little, plain.size());
    store(std::span(head).subspan(2), 2, Endian::Little, ~plain.size());
    out_.insert(out_.end(), head, head + 4);
    out_.insert(out_.end(), plain.begin(), plain.end());
}

void BlockWriter::end(std::optional<ByteView> plain, bool last, bool align) {
    static const Codes kFixedLiterals = fixed_literals(), kFixedDistances = fixed_distances();
    literals_[kEnd] = 1;
    auto literals = Huffman(literals_, 15).codes(), distances = Huffman(distances_, 15).codes();
    std::vector<Run> runs;
    runs_of(literals, runs);
    runs_of(distances, runs);
    std::array<u32, kLengthCodes> counts{};
    for (auto& r : runs) counts[r.symbol]++;
    auto lengths = Huffman(counts, 7).codes();
    unsigned sent = kLengthCodes;
    while (sent > 4 && !lengths.lengths[kOrder[sent - 1]]) sent--;

    u64 own = 3 + 5 + 5 + 4 + 3 * sent, fixed = 3;
    for (auto& r : runs) own += lengths.lengths[r.symbol] + (r.symbol >= 16 ? kRepeatExtra[r.symbol - 16] : 0u);
    for (unsigned i = 0; i < kLiterals; i++) {
        unsigned extra = i > kEnd ? kLengthExtra[i - 257] : 0;
        own += u64(literals_[i]) * (literals.lengths[i] + extra);
        fixed += u64(literals_[i]) * (kFixedLiterals.lengths[i] + extra);
    }
    for (unsigned i = 0; i < kDistances; i++) {
        own += u64(distances_[i]) * (distances.lengths[i] + distance_extra(i));
        fixed += u64(distances_[i]) * (5 + distance_extra(i));
    }
    own = (own + 7) / 8, fixed = (fixed + 7) / 8;
    if (plain && plain->size() <= 0xFFFF && plain->size() + 4 <= std::min(own, fixed)) {
        stored(*plain, last);
    } else {
        bool plainly = fixed <= own;
        bits(u64(last) | (plainly ? 2 : 4), 3);
        if (!plainly) {
            bits(literals.used - 257, 5);
            bits(distances.used - 1, 5);
            bits(sent - 4, 4);
            for (unsigned i = 0; i < sent; i++) bits(lengths.lengths[kOrder[i]], 3);
            for (auto& r : runs) {
                bits(lengths.codes[r.symbol], lengths.lengths[r.symbol]);
                if (r.symbol >= 16) bits(r.more, kRepeatExtra[r.symbol - 16]);
            }
        }
        auto& l = plainly ? kFixedLiterals : literals;
        auto& d = plainly ? kFixedDistances : distances;
        for (u32 symbol : symbols_) {
            unsigned distance = symbol >> 16, length = symbol & 0xFFFF;
            if (!distance) {
                bits(l.codes[length], l.lengths[length]);
                continue;
            }
            unsigned code = kTables.length_code[length];
            bits(l.codes[257 + code], l.lengths[257 + code]);
            bits(length - kTables.length_base[code], kLengthExtra[code]);
            code = kTables.code_of(distance);
            bits(d.codes[code], d.lengths[code]);
            bits(distance - 1 - kTables.distance_base[code], distance_extra(code));
        }
        bits(l.codes[kEnd], l.lengths[kEnd]);
    }
    symbols_.clear();
    matches_ = 0;
    literals_ = {};
    distances_ = {};
    drain();
    if (last)
        align_bits();
    else if (align && count_)
        stored({}, false);
}

}  // namespace fieldstrip::deflate
