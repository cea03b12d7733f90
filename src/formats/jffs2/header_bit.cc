// A crc is linear: what it is off by depends on which bits are wrong and on nothing else. For one of the 95 that count it is one of 95
// values, all different.
#include "formats/jffs2/header_bit.h"

namespace fieldstrip::jffs2 {
namespace {

constexpr u64 kSummed = 8;  // bytes

/// The crc of kSummed bytes of which one is not 0, by its place and value.
constexpr auto kCrcs = [] {
    std::array<std::array<u32, 256>, kSummed> out{};
    for (u32 v = 0; v < 256; v++) {
        u32 crc = v;
        for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        out[kSummed - 1][v] = crc;
    }
    for (u64 at = kSummed - 1; at > 0; at--)
        for (u32 v = 0; v < 256; v++) out[at - 1][v] = out[at][v] >> 8 ^ out[kSummed - 1][out[at][v] & 255];
    return out;
}();

constexpr u64 accurate_byte(Endian e) { return e == Endian::Big ? 2 : 3; }

constexpr u32 off_by(const u8* header, Endian endian) {
    u32 crc = 0, said = 0;
    for (u64 i = 0; i < kSummed; i++) crc ^= kCrcs[i][header[i] | (i == accurate_byte(endian) ? kAccurate >> 8 : 0)];
    for (u64 i = 0; i < 4; i++) said |= u32{header[kSummed + i]} << 8 * (endian == Endian::Big ? 3 - i : i);
    return crc ^ said;
}

struct Wrong {
    u32 off_by = 0;
    int bit = kNoBit;
};
/// By a hash under which no two of the values meet.
struct Table {
    std::array<Wrong, 1024> slots = {};
    u32 factor = 1;
    constexpr Wrong& at(u32 off_by) { return slots[off_by * factor >> 22]; }
    constexpr const Wrong& at(u32 off_by) const { return slots[off_by * factor >> 22]; }
    constexpr bool fill(std::span<const Wrong> all) {
        slots = {};
        for (auto& w : all) {
            if (at(w.off_by).bit != kNoBit) return false;
            at(w.off_by) = w;
        }
        return true;
    }
};

constexpr Table table_of(Endian endian) {
    std::array<Wrong, size_t{kHolds}> all = {};
    size_t count = 0;
    const u8 zeros[kHeader] = {};
    for (int bit = 0; bit < kHolds; bit++) {
        u8 one[kHeader] = {};
        one[bit / 8] = u8(1 << bit % 8);
        const u32 off = off_by(one, endian) ^ off_by(zeros, endian);
        if (off) all[count++] = {off, bit};  // not so the accurate bit
    }
    Table out;
    while (!out.fill(std::span(all).first(count))) out.factor = out.factor * 1664525u + 1013904222u;
    return out;
}
constexpr Table kLittle = table_of(Endian::Little), kBig = table_of(Endian::Big);

}  // namespace

int wrong_bit(const u8* header, Endian endian) {
    const u32 off = off_by(header, endian);
    if (!off) return kHolds;
    auto& found = (endian == Endian::Big ? kBig : kLittle).at(off);
    return found.off_by == off ? found.bit : kNoBit;
}

}  // namespace fieldstrip::jffs2
