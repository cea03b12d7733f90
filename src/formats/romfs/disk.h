// What lies on disk: headers on a grid of 16 bytes, each with a sum that makes its words add up to 0. All numbers are big-endian.
// Source: Linux Documentation/filesystems/romfs.rst, include/uapi/linux/romfs_fs.h.
#pragma once
#include "base/digest.h"
#include "base/record.h"
#include "formats/romfs/magics.h"

namespace fieldstrip::romfs {

constexpr auto kMagic = magics::romfs[0].bytes;
constexpr u64 kHeader = 16, kGrid = 16, kSummed = 512;  // bytes of the image that the superblock's sum is over
constexpr u64 kSizeAt = 8, kSumAt = 12;                 // in the superblock; the sum of headers too
constexpr u64 kLongestNew = 127;                        // the longest name that Linux shows whole
constexpr u64 kLongestName = 255, kLongestVolume = 1023;

enum Type : u32 {
    kHardLink,
    kDirectory,
    kFile,
    kSymlink,
    kBlock,
    kChar,
    kSocket,
    kFifo
};
constexpr u32 kExec = 8;

struct Header {
    u32 next = 0, spec = 0, size = 0, checksum = 0;
    void fields(auto& io) { io(next, 4), io(spec, 4), io(size, 4), io(checksum, 4); }
    u32 type() const { return next & 7; }
    bool exec() const { return next & kExec; }
    u64 next_at() const { return next & ~15u; }
    u64 spec_at() const { return spec & ~15u; }
};

inline u64 on_grid(u64 n) { return n + gap_to(n, kGrid); }
/// Header and name.
inline u64 head_size(u64 name) { return kHeader + on_grid(name + 1); }

/// Words added up; what is behind the last whole one is not.
inline u32 sum_of(ByteView b) {
    u32 sum = 0;
    for (u64 i = 0; i + 4 <= b.size(); i += 4) sum += be32(b, i);
    return sum;
}

}  // namespace fieldstrip::romfs
