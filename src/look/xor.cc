#include "look/xor.h"

#include <array>

#include "base/text.h"
#include "look/histogram.h"
#include "look/text_like.h"

namespace fieldstrip {
namespace {

constexpr size_t kLongest = 256, kLeast = 1024;
constexpr size_t kSample = size_t{64} << 10, kPiece = 4096;
constexpr size_t kForPeriods = 4;  // pieces that tell the periods
constexpr size_t kTried = 4;       // periods

/// What is looked at: the run's begin, the middle and so on, each piece at a multiple of its size.
struct Pieces {
    std::vector<std::pair<size_t, ByteView>> of;  // with the offset in the run
    explicit Pieces(ByteView b) {
        const size_t all = (b.size() + kPiece - 1) / kPiece, n = std::min(all, kSample / kPiece);
        for (size_t i = 0; i < n; i++) {
            const size_t at = (n == all ? i : size_t(u64(all - 1) * i / (n - 1))) * kPiece;
            of.emplace_back(at, b.subspan(at, std::min(kPiece, b.size() - at)));
        }
    }
};

/// How often a byte is the same as the one `period` bytes on, per 65536 of them.
u32 repeats(const Pieces& pieces, size_t period) {
    constexpr u64 kSevens = 0x7F7F7F7F7F7F7F7F, kOnes = 0x0101010101010101;
    u64 same = 0, all = 0;
    const size_t step = std::max<size_t>(1, pieces.of.size() / kForPeriods);
    for (size_t k = 0; k < pieces.of.size(); k += step) {
        const ByteView b = pieces.of[k].second;
        for (size_t i = 0; i + period + 8 <= b.size(); i += 8) {
            u64 x, y;
            std::memcpy(&x, b.data() + i, 8), std::memcpy(&y, b.data() + i + period, 8);
            x ^= y;
            const u64 zeros = ~(((x & kSevens) + kSevens) | x | kSevens);  // the high bit of each byte that is 0
            same += (zeros >> 7) * kOnes >> 56, all += 8;
        }
    }
    return all ? u32(same * 65536 / all) : 0;
}

/// Periods after which bytes are the same far more often than after others; the shortest first, their multiples left out.
std::vector<size_t> periods_of(const Pieces& pieces) {
    std::vector<u32> rate(kLongest + 1);
    for (size_t p = 1; p <= kLongest; p++) rate[p] = repeats(pieces, p);
    auto sorted = rate;
    std::nth_element(sorted.begin(), sorted.begin() + kLongest / 2, sorted.end());
    const u32 usual = std::max<u32>(sorted[kLongest / 2], 256);
    const u32 most = *std::max_element(rate.begin(), rate.end());
    std::vector<size_t> out;
    if (most < 768) return out;  // three times what random bytes have: nothing repeats
    out.push_back(1);
    for (size_t p = 2; p <= kLongest && out.size() < kTried; p++) {
        if (rate[p] * 3 < usual * 4 || rate[p] * 4 < most * 3) continue;
        if (std::none_of(out.begin() + 1, out.end(), [&](size_t o) { return p % o == 0; })) out.push_back(p);
    }
    return out;
}

/// How often each value stands in each column of a period, and how often within bytes that repeat for long: filler under the key.
struct Columns {
    std::vector<std::array<u32, 256>> all, still;
    Columns(const Pieces& pieces, size_t period) : all(period), still(period) {
        for (auto& [at, b] : pieces.of) {
            size_t same = 0;
            for (size_t i = 0; i < b.size(); i++) {
                all[(at + i) % period][b[i]]++;
                same = i >= period && b[i] == b[i - period] ? same + 1 : 0;
                if (same >= std::max<size_t>(16, period)) still[(at + i) % period][b[i]]++;
            }
        }
    }
};

/// The most frequent value of each column is `plain` under the key; empty where a column has none.
Bytes key_by_most(const std::vector<std::array<u32, 256>>& columns, u8 plain) {
    Bytes key;
    for (auto& c : columns) {
        auto most = std::max_element(c.begin(), c.end());
        if (!*most) return {};
        key.push_back(u8(most - c.begin()) ^ plain);
    }
    return key;
}

/// Roughly how frequent letters are in text, in programs' sources and settings.
int text_weight(u8 c) {
    static constexpr std::string_view kFrequent = " etaoinsrhldcumfpgwybvkxjqz";
    if (c >= 'A' && c <= 'Z') return 3;
    if (c >= '0' && c <= '9') return 3;
    if (auto at = kFrequent.find(char(c)); at != kFrequent.npos) return at < 13 ? 8 : 6;
    if (c == '\n') return 5;
    if ((c > 0x20 && c < 0x7F) || c == '\r' || c == '\t') return 2;
    return c ? -12 : -2;
}

/// The key under which each column reads best as text.
Bytes key_by_text(const std::vector<std::array<u32, 256>>& columns) {
    std::array<int, 256> weight{};
    for (size_t c = 0; c < 256; c++) weight[c] = text_weight(u8(c));
    Bytes key;
    for (auto& c : columns) {
        i64 best = 0;
        u8 with = 0;
        for (unsigned k = 0; k < 256; k++) {
            i64 score = 0;
            for (unsigned v = 0; v < 256; v++) score += i64(c[v]) * weight[v ^ k];
            if (k == 0 || score > best) best = score, with = u8(k);
        }
        key.push_back(with);
    }
    return key;
}

/// "ababab" is the key "ab".
Bytes shortest(Bytes key) {
    for (size_t n = 1; n < key.size(); n++)
        if (key.size() % n == 0 && equal(ByteView(key).first(key.size() - n), ByteView(key).subspan(n)))
            return Bytes(key.begin(), key.begin() + i64(n));
    return key;
}

/// The first so many pieces under the key.
Bytes plain_of(const Pieces& pieces, ByteView key, size_t n) {
    Bytes plain;
    for (size_t k = 0; k < std::min(n, pieces.of.size()); k++) {
        auto& [at, b] = pieces.of[k];
        for (size_t i = 0; i < b.size(); i++) plain.push_back(b[i] ^ key[(at + i) % key.size()]);
    }
    return plain;
}

/// A key makes letters of any letters, and one letter again and again of filler: text has blanks and more letters than one.
bool is_prose(ByteView plain) {
    Histogram h;
    h.add(plain);
    u32 letters = 0;
    for (u8 c = 'a'; c <= 'z'; c++) letters += h.count[c] + h.count[c - 'a' + 'A'];
    const u32 most = *std::max_element(h.count.begin(), h.count.end());
    return h.count[' '] + h.count['\n'] + h.count[0] > plain.size() / 40 && letters > plain.size() / 4 && most < plain.size() / 3;
}

/// How well it reads, to choose between keys: a wrong one makes signs of letters.
double reads(ByteView plain) {
    size_t good = 0;
    for (u8 c : plain) good += (c >= 'a' && c <= 'z') || c == ' ';
    return double(good) / double(plain.size());
}

struct Found {
    Hint hint;
    double worth;  // against other keys
};

std::optional<Found> try_key(const Pieces& pieces, const Bytes& key) {
    auto is_clear = [](const Likeness& l, ByteView plain) {
        // A wrong key of many bytes makes some letters of anything: only what is clear counts.
        if (l.kind == Likeness::Kind::Text) return l.share >= 0.8 && is_prose(plain);
        return l.kind == Likeness::Kind::Code && l.share >= 0.6 && l.confidence >= 0.9;
    };
    const Bytes some = plain_of(pieces, key, 4);
    if (auto l = likeness_of(some); l.kind != Likeness::Kind::Text && l.kind != Likeness::Kind::Code) return {};
    const Bytes plain = plain_of(pieces, key, pieces.of.size());
    const auto l = likeness_of(plain);
    if (!is_clear(l, plain)) return {};
    Hint hint{.kind = Hint::Kind::Xor,
              .what = "xor with the key 0x" + hex(key) + (key.size() > 1 ? " (" + std::to_string(key.size()) + " bytes)" : "") +
                      " makes it " + words_for(l),
              .confidence = l.confidence * l.share,
              .key = key};
    const double confidence = hint.confidence;
    return Found{std::move(hint), l.kind == Likeness::Kind::Text ? reads(plain) : confidence};
}

}  // namespace

std::optional<Hint> xor_hint(ByteView bytes) {
    if (bytes.size() < kLeast) return {};
    const Pieces pieces(bytes);
    const Bytes as_it_is = plain_of(pieces, Bytes{0}, 4);
    if (text_share(as_it_is) > 0.6 && is_prose(as_it_is)) return {};  // what has words is no better with others
    std::optional<Found> best;
    std::vector<Bytes> tried = {Bytes{0}};
    for (size_t period : periods_of(pieces)) {
        const Columns columns(pieces, period);
        for (auto& found : {key_by_most(columns.still, 0), key_by_most(columns.still, 0xFF), key_by_most(columns.all, 0),
                            key_by_most(columns.all, 0xFF), key_by_text(columns.all)}) {
            const Bytes key = shortest(found);
            if (key.empty() || std::find(tried.begin(), tried.end(), key) != tried.end()) continue;
            tried.push_back(key);
            auto with = try_key(pieces, key);
            if (with && (!best || with->worth > best->worth)) best = std::move(with);
        }
    }
    if (!best) return {};
    return std::move(best->hint);
}

}  // namespace fieldstrip
