#include "formats/jffs2/repair.h"

#include <bit>
#include <map>

namespace fieldstrip::jffs2 {
namespace {

/// What one bit does to the crc, by how far from the record's end its byte lies: the crc is linear, so the rest does not matter.
const std::map<u32, u32>& syndromes() {
    static const auto all = [] {
        std::map<u32, u32> out;
        u8 message[kRepairable] = {};
        for (u32 back = 0; back < kRepairable; back++)
            for (u32 bit = 0; bit < 8; bit++) {
                message[0] = u8(1 << bit);
                out.emplace(crc_of(ByteView(message).first(back + 1)), back * 8 + bit);
            }
        return out;
    }();
    return all;
}

}  // namespace

bool repair_bit(std::span<u8> record, u32 stored) {
    u32 off = crc_of(record) ^ stored;
    if (std::popcount(off) == 1) return true;
    auto found = syndromes().find(off);
    if (found == syndromes().end() || found->second / 8 >= record.size()) return false;
    record[record.size() - 1 - found->second / 8] ^= u8(1 << found->second % 8);
    return true;
}

}  // namespace fieldstrip::jffs2
