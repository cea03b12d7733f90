// How: every address constant (words of tables and literal pools, lui/addiu and movw/movt pairs) less the place of every string is a vote
// for a base, where that is a multiple of 256. The right one gets a vote from each pointer to a string, others by chance only.
#include "look/base_address.h"

#include <unordered_map>

#include "base/text.h"

namespace fieldstrip {
namespace {

constexpr size_t kLeast = 4096, kMost = size_t{64} << 20;
constexpr size_t kStrings = 4000, kPointers = 60000, kVotes = size_t{1} << 20;
constexpr size_t kShortest = 6;
constexpr u32 kGrid = 256;
constexpr size_t kEnough = 24, kAhead = 4;

/// Where strings begin: printable characters behind a zero, to the next zero.
std::vector<u32> strings_in(ByteView b) {
    std::vector<u32> out;
    size_t from = 0;
    for (size_t i = 0; i < b.size(); i++) {
        const u8 c = b[i];
        if ((c >= 0x20 && c < 0x7F) || c == '\n' || c == '\t' || c == '\r') continue;
        if (!c && i - from >= kShortest && from && !b[from - 1]) out.push_back(u32(from));
        from = i + 1;
    }
    return out;
}

/// Every n-th, so that no more than `most` are left.
void thin(std::vector<u32>& v, size_t most) {
    if (v.size() <= most) return;
    const size_t step = (v.size() + most - 1) / most;
    size_t n = 0;
    for (size_t i = 0; i < v.size(); i += step) v[n++] = v[i];
    v.resize(n);
}

/// Constants that may be addresses.
std::vector<u32> pointers_in(ByteView b, Endian endian, bool mips) {
    std::vector<u32> out;
    const size_t n = b.size() / 4;
    auto word = [&](size_t i) { return u32(load_as<u32>(b.subspan(i * 4, 4), endian)); };
    for (size_t i = 0; i < n; i++) {
        const u32 v = word(i);
        if (v >= 0x1000 && v < 0xFFFFF000) out.push_back(v);
        if (mips && (v >> 26) == 0x0F) {  // lui: the other half comes soon, by addiu or ori of the same register
            const u32 to = v >> 16 & 31;
            for (size_t k = i + 1; k < std::min(n, i + 8); k++) {
                const u32 next = word(k), op = next >> 26;
                if ((op != 0x09 && op != 0x0D) || (next >> 21 & 31) != to) continue;
                const u32 low = next & 0xFFFF;
                out.push_back((v << 16) + (op == 0x09 && low >= 0x8000 ? low - 0x10000 : low));
                break;
            }
        }
        if (!mips && (v & 0x0FF00000) == 0x03000000) {  // movw: movt of the same register
            for (size_t k = i + 1; k < std::min(n, i + 6); k++) {
                const u32 next = word(k);
                if ((next & 0x0FF00000) != 0x03400000 || (next & 0xF000) != (v & 0xF000)) continue;
                auto half = [](u32 w) { return (w >> 4 & 0xF000) | (w & 0xFFF); };
                out.push_back(half(next) << 16 | half(v));
                break;
            }
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace

std::optional<Hint> base_hint(ByteView bytes, const Likeness& l) {
    const bool mips = l.isa.starts_with("MIPS");
    if (l.kind != Likeness::Kind::Code || !(mips || l.isa.starts_with("ARM") || l.isa == "Thumb")) return {};
    if (bytes.size() < kLeast || bytes.size() > kMost) return {};
    auto strings = strings_in(bytes);
    if (strings.size() < kEnough) return {};
    auto pointers = pointers_in(bytes, l.isa.ends_with("big-endian") ? Endian::Big : Endian::Little, mips);
    thin(strings, kStrings), thin(pointers, kPointers);
    std::vector<std::vector<u32>> by_low(kGrid);
    for (u32 s : strings) by_low[s % kGrid].push_back(s);
    std::unordered_map<u32, u32> votes;
    size_t cast = 0;
    for (u32 p : pointers)
        for (u32 s : by_low[p % kGrid]) {
            if (p < s || u64(p - s) + bytes.size() > (u64{1} << 32)) continue;
            if (++cast > kVotes) return {};
            votes[p - s]++;
        }
    std::pair<u32, u32> best{}, second{};  // votes, base
    for (auto& [base, n] : votes) {
        const std::pair<u32, u32> here{n, base};
        if (here > best)
            second = std::exchange(best, here);
        else if (here > second)
            second = here;
    }
    if (best.first < kEnough || best.first < kAhead * second.first) return {};
    return Hint{Hint::Kind::Base,
                "linked for address " + hex_number(best.second) + ": " + std::to_string(best.first) +
                    " pointers point to begins of its strings then, to no more than " + std::to_string(second.first) + " with any other",
                1 - double(second.first) / double(best.first),
                {},
                0,
                best.second};
}

}  // namespace fieldstrip
