// What a record under a checksum was before one of its bits was flipped: enough to know whose damaged node it is, never enough to use it.
#pragma once
#include "formats/jffs2/disk.h"

namespace fieldstrip::jffs2 {

/// The longest that is looked at: a name.
constexpr u64 kRepairable = 255;
/// Flips the bit of `record` back whose flip makes its kernel crc `stored`; true too where the flipped bit is one of `stored` itself.
bool repair_bit(std::span<u8> record, u32 stored);

}  // namespace fieldstrip::jffs2
