// Whether a node's header holds, or would but for one bit of it: told from its checksum in one look, for each of the millions of magics
// that noise and hostile images have.
#pragma once
#include "formats/jffs2/disk.h"

namespace fieldstrip::jffs2 {

constexpr int kNoBit = -1, kHolds = 8 * kHeader;
/// kHolds; or the bit, counted from the lowest of the first byte on, without which hdr_crc would hold; or kNoBit. `header` has kHeader
/// bytes. Magic and length are not looked at. The accurate bit is none of those that can be wrong: hdr_crc takes it as set.
int wrong_bit(const u8* header, Endian);

}  // namespace fieldstrip::jffs2
