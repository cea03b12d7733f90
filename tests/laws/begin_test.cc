// Format::may_begin against recognise: what the first look denies, recognise would deny too, whatever border ends its space. Else a map
// would depend on which of two ways a magic was found.
#include <bit>

#include "engine/registry.h"
#include "engine/windows.h"
#include "tests/laws/samples.h"
#include "tests/random.h"

namespace fieldstrip::laws {
namespace {

struct Place {
    const Format* format;
    u64 at;
    bool operator==(const Place&) const = default;
};

/// Where the formats that look first have a magic; at most some of each.
std::vector<Place> places_in(ByteView space) {
    constexpr size_t kOfEach = 12;
    std::vector<Place> out;
    for (auto& k : std::span(registry_windows().keys).first(registry_windows().count)) {
        if (!k.format->may_begin) continue;
        size_t found = 0;
        const auto text = as_text(space);
        for (u64 at = k.offset; found < kOfEach && (at = text.find(k.magic, at)) != text.npos; at++)
            if (at > k.offset) out.push_back({k.format, at - k.offset}), found++;
    }
    return out;
}

bool has_magic(ByteView space, const Place& p) {
    return std::ranges::any_of(std::span(registry_windows().keys).first(registry_windows().count), [&](auto& k) {
        return k.format == p.format && space.size() - p.at >= k.offset && starts_with(space.subspan(p.at + k.offset), k.magic);
    });
}

void expect_law(ByteView space, const Place& p, u64 border) {
    if (!has_magic(space, p) || p.format->may_begin(space.subspan(p.at))) return;
    Limits limits;
    limits.decoded = u64{16} << 20;
    Context cx(limits);
    auto claim = p.format->recognise(space.first(border), p.at, cx);
    if (!claim) return;
    EXPECT_LE(claim->bits, unsigned(std::bit_width(space.size())) + 20)
        << p.format->id << " at " << p.at << ", border " << border << ": denied at first, and " << claim->why;
}

class Begin : public testing::TestWithParam<Sample> {};

TEST_P(Begin, WhatIsDeniedAtFirstIsDenied) {
    auto sample = GetParam().bytes();
    Random r{sample.size() + 19};
    constexpr u64 kBefore = 96, kBehind = 700, kMost = 1 << 16;
    Bytes space(kBefore);
    for (auto& b : space) b = u8(r.next());
    space.insert(space.end(), sample.begin(), sample.begin() + i64(std::min<u64>(sample.size(), kMost)));
    for (u64 i = 0; i < kBehind; i++) space.push_back(u8(r.next()));
    auto places = places_in(space);
    for (auto& p : places) {
        for (u64 border : {space.size(), space.size() - kBehind, kBefore + sample.size() / 2, p.at + 64, p.at + 600})
            if (border > p.at && border <= space.size()) expect_law(space, p, border);
        // Headers that are nearly right: bits, bytes and whole words are others, mostly near the begin.
        for (int round = 0; round < 60; round++) {
            Bytes other = space;
            const u64 near = std::min<u64>(other.size() - p.at, round % 3 ? 64 : 600);
            for (u64 n = 1 + r.below(3); n; n--) {
                u8& b = other[p.at + r.below(near)];
                b = u8(r.below(2) ? b ^ 1 << r.below(8) : r.below(3) ? r.next() : r.below(2) * 255);
            }
            const u64 border = r.below(2) ? other.size() : p.at + 1 + r.below(other.size() - p.at);
            expect_law(other, p, border);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Samples, Begin, testing::ValuesIn(samples()), [](auto& p) {
    auto name = p.param.format + "_" + p.param.name;
    for (auto& c : name) c = std::isalnum(u8(c)) ? c : '_';
    return name;
});

/// Magics among anything at all: noise, zeros, and one over and over.
TEST(BeginOfNothing, WhatIsDeniedAtFirstIsDenied) {
    Random r{3};
    for (auto& k : std::span(registry_windows().keys).first(registry_windows().count)) {
        if (!k.format->may_begin) continue;
        for (int round = 0; round < 300; round++) {
            Bytes space(64 + k.offset + 1200);
            for (size_t i = 0; i < space.size(); i++)
                space[i] = round % 3 == 0 ? u8(r.next()) : round % 3 == 1 ? u8(r.below(8) ? 0 : r.next()) : u8(k.magic[i % k.magic.size()]);
            const Place p{k.format, 1 + r.below(63)};
            std::copy(k.magic.begin(), k.magic.end(), space.begin() + i64(p.at + k.offset));
            expect_law(space, p, r.below(2) ? space.size() : p.at + 1 + r.below(space.size() - p.at));
        }
    }
}

}  // namespace
}  // namespace fieldstrip::laws
