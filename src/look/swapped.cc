#include "look/swapped.h"

namespace fieldstrip {
namespace {

constexpr size_t kLeast = 512, kBlock = 4096, kBlocks = 6;

/// Blocks spread over the run, each on the grid of words.
Bytes sample_of(ByteView b) {
    const size_t all = b.size() / kBlock;
    if (all <= kBlocks) return Bytes(b.begin(), b.begin() + i64(std::min(b.size() / 4 * 4, kBlocks * kBlock)));
    Bytes out;
    for (size_t i = 0; i < kBlocks; i++) {
        auto block = b.subspan(size_t(u64(all - 1) * i / (kBlocks - 1)) * kBlock, kBlock);
        out.insert(out.end(), block.begin(), block.end());
    }
    return out;
}

Bytes turned(ByteView b, size_t width) {
    Bytes out(b.begin(), b.end());
    for (size_t at = 0; at + width <= out.size(); at += width) std::reverse(out.begin() + i64(at), out.begin() + i64(at + width));
    return out;
}

/// Swapped text has the same characters: but a comma stands before its blank, and a line's end behind its last letter.
struct Order {
    size_t right = 0, wrong = 0;
    explicit Order(ByteView b) {
        auto mark = [](u8 c) { return c == ',' || c == '.' || c == ';' || c == ':'; };
        for (size_t i = 0; i + 1 < b.size(); i++) {
            right += (mark(b[i]) && (b[i + 1] == ' ' || b[i + 1] == '\n')) || (b[i] == '\r' && b[i + 1] == '\n');
            wrong += ((b[i] == ' ' || b[i] == '\n') && mark(b[i + 1])) || (b[i] == '\n' && b[i + 1] == '\r');
        }
    }
    bool is_right() const { return right >= 8 && right > 4 * wrong; }
    bool is_wrong() const { return wrong >= 8 && wrong > 4 * right; }
};

}  // namespace

std::optional<Hint> swapped_hint(ByteView bytes, const Likeness& as_it_is) {
    using Kind = Likeness::Kind;
    if (bytes.size() < kLeast || (as_it_is.kind != Kind::Data && as_it_is.kind != Kind::Text)) return {};
    const Bytes sample = sample_of(bytes);
    const Order before(sample);
    if (as_it_is.kind == Kind::Text && !before.is_wrong()) return {};
    std::optional<Hint> best;
    size_t best_right = 0;
    for (unsigned width : {2u, 4u}) {
        const Bytes other = turned(sample, width);
        const Order after(other);
        const auto l = likeness_of(other);
        bool clear = false;
        if (l.kind == Kind::Text) clear = l.share >= 0.8 && after.is_right() && before.is_wrong() && after.right > best_right;
        if (l.kind == Kind::Code) clear = as_it_is.kind == Kind::Data && l.share >= 0.7 && l.confidence >= 0.95 && !best;
        if (!clear) continue;
        best_right = after.right;
        best = Hint{.kind = Hint::Kind::Swapped,
                    .what = "with the bytes of each " + std::to_string(width * 8) + "-bit word turned round it is " + words_for(l),
                    .confidence = l.confidence * l.share,
                    .width = width};
    }
    return best;
}

}  // namespace fieldstrip
