#include "look/likeness.h"

#include <cmath>

#include "look/histogram.h"
#include "look/isa.h"
#include "look/near_random.h"
#include "look/text_like.h"

namespace fieldstrip {
namespace {

using Kind = Likeness::Kind;
constexpr size_t kBlock = 4096, kSamples = 32, kWhole = kBlock * kSamples;
constexpr size_t kLongestPattern = 16;
constexpr double kTextShare = 0.95;
constexpr double kClear = 0.95;  // below, two kinds are named

/// The blocks of a run that are looked at: all of them, or so many spread over it, on the grid of blocks: where an instruction begins may
/// matter.
std::vector<ByteView> blocks_of(ByteView b) {
    std::vector<ByteView> out;
    const size_t all = (b.size() + kBlock - 1) / kBlock, n = b.size() <= kWhole ? all : kSamples;
    for (size_t i = 0; i < n; i++) {
        const size_t at = (n == all ? i : size_t(u64(all - 1) * i / (n - 1))) * kBlock;
        out.push_back(b.subspan(at, std::min(kBlock, b.size() - at)));
    }
    if (out.size() > 1 && out.back().size() < kBlock / 4) out.pop_back();  // a short end tells less than it misleads
    return out;
}

/// One value, or a pattern of up to 16 bytes again and again.
bool is_filler(ByteView b) {
    for (size_t n = 1; n <= kLongestPattern && n * 2 <= b.size(); n++)
        if (!std::memcmp(b.data(), b.data() + n, b.size() - n)) return true;
    return b.size() == 1;
}

struct Vote {
    Kind kind;
    std::string_view isa = {};
    double confidence = 1;
};

/// Of one block, code not looked for: it is data until then. Compressed stands for Random too: a block is too short to tell them apart.
Vote vote(ByteView b, const Histogram& h) {
    if (is_filler(b)) return {Kind::Filler};
    const double text = text_share(b);
    if (text >= kTextShare) return {Kind::Text, {}, text};
    return {is_near_random(h) ? Kind::Compressed : Kind::Data};
}

std::optional<Isa> isa_at(ByteView block, size_t shift) { return isa_of(block.subspan(std::min(shift, block.size()))); }

/// Words of four bytes need not begin where the run does: filler before it may have taken a zero of the first. By a few of the blocks.
size_t shift_of(const std::vector<ByteView>& blocks, const std::vector<size_t>& candidates) {
    constexpr size_t kFew = 6;
    constexpr double kSure = 0.95;  // halves of instructions may look like others of two bytes
    const size_t step = (candidates.size() + kFew - 1) / kFew;
    size_t best = 0;
    double most = 0;
    for (size_t shift = 0; shift < 4; shift++) {
        double sure = 0, all = 0;
        for (size_t i = step / 2; i < candidates.size(); i += step) {
            auto isa = isa_at(blocks[candidates[i]], shift);
            sure += isa && isa->confidence > (shift ? kSure : 0) ? isa->confidence : 0, all++;
        }
        if (sure > most) best = shift, most = sure;
        if (sure > 0.8 * all) break;
    }
    return best;
}

void look_for_code(const std::vector<ByteView>& blocks, std::vector<Vote>& votes) {
    std::vector<size_t> candidates;
    for (size_t i = 0; i < votes.size(); i++)
        if (votes[i].kind == Kind::Data) candidates.push_back(i);
    if (candidates.empty()) return;
    const size_t shift = shift_of(blocks, candidates);
    for (size_t i : candidates)
        if (auto isa = isa_at(blocks[i], shift)) votes[i] = {Kind::Code, isa->name, isa->confidence};
}

/// What most of them are.
Likeness weigh(const std::vector<Vote>& votes) {
    struct Sum {
        Kind kind;
        std::string_view isa;
        size_t count = 0;
        double confidence = 0;
    };
    std::vector<Sum> sums;
    size_t all = 0;
    for (auto& v : votes) {
        if (v.kind == Kind::Filler) continue;
        all++;
        auto it = std::find_if(sums.begin(), sums.end(), [&](auto& s) { return s.kind == v.kind && s.isa == v.isa; });
        if (it == sums.end()) it = sums.insert(it, Sum{v.kind, v.isa});
        it->count++, it->confidence += v.confidence;
    }
    if (!all) return {Kind::Filler, 0, 0, {}, 1, 1};
    auto most = std::max_element(sums.begin(), sums.end(), [](auto& a, auto& b) { return a.count < b.count; });
    const double share = double(most->count) / double(all);
    // A mixture is called by its bigger half only; else it is what it is made of: data.
    if (share <= 0.5) return {Kind::Data, 0, 0, {}, 0.5, 1};
    return {most->kind, 0, 0, most->isa, most->confidence / double(most->count), share};
}

}  // namespace

Likeness likeness_of(ByteView bytes) {
    if (bytes.empty()) return {Kind::Filler};
    const auto blocks = blocks_of(bytes);
    Histogram whole, random;
    std::vector<Vote> votes;
    std::vector<ByteView> even;
    for (auto b : blocks) {
        Histogram h;
        h.add(b);
        whole.add(h);
        votes.push_back(vote(b, h));
        if (votes.back().kind == Kind::Compressed) random.add(h), even.push_back(b);
    }
    look_for_code(blocks, votes);
    Likeness out = weigh(votes);
    // Each block may be filled with another value.
    if (out.kind == Kind::Filler && bytes.size() <= kWhole && !is_filler(bytes)) out.kind = Kind::Data, out.confidence = 0.5;
    if (out.kind == Kind::Compressed) {
        auto said = tell_random(random, even);
        out.kind = said.is_random ? Kind::Random : Kind::Compressed;
        out.confidence = said.confidence;
    }
    out.entropy = whole.entropy(), out.chi_square = whole.chi_square();
    return out;
}

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::Filler: return "filler";
        case Kind::Text: return "text";
        case Kind::Code: return "code";
        case Kind::Data: return "data";
        case Kind::Compressed: return "compressed";
        case Kind::Random: return "random";
    }
    return "";
}

std::string words_for(const Likeness& l) {
    // A mixture is called by what it holds most of.
    const std::string most = l.share < 0.8 ? "mostly " : "";
    switch (l.kind) {
        case Kind::Filler: return "filler";
        case Kind::Text: return most + "text";
        case Kind::Code: return most + std::string(l.isa) + " code";
        case Kind::Data: return "data";
        case Kind::Compressed: return l.confidence >= kClear ? most + "compressed" : "random or compressed";
        case Kind::Random: return l.confidence >= kClear ? most + "random bytes: encrypted, or LZMA" : "random or compressed";
    }
    return "";
}

double entropy_of(ByteView bytes) {
    Histogram h;
    for (auto b : blocks_of(bytes)) h.add(b);
    return h.entropy();
}

std::vector<float> entropy_curve(ByteView bytes, size_t points) {
    constexpr size_t kLeast = 256, kMost = size_t{64} << 10, kPieces = 16;
    std::vector<float> out;
    points = std::min(points, (bytes.size() + kLeast - 1) / kLeast);
    for (size_t i = 0; i < points; i++) {
        auto at = [&](size_t k) { return size_t(u64(bytes.size() / points) * k + u64(bytes.size() % points) * k / points); };
        auto part = bytes.subspan(at(i), at(i + 1) - at(i));
        Histogram h;
        if (part.size() <= kMost)
            h.add(part);
        else
            for (size_t k = 0; k < kPieces; k++) h.add(part.subspan((part.size() - kMost / kPieces) / (kPieces - 1) * k, kMost / kPieces));
        out.push_back(float(h.entropy()));
    }
    return out;
}

}  // namespace fieldstrip
