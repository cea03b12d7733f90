// Checksums that hide in bytes which no format owns: an edit breaks them, and nobody but the device's boot loader would say so.
#pragma once
#include "base/rope.h"
#include "engine/tree.h"

namespace fieldstrip {

/// In unknown bytes of the original lies what equals a digest over bytes that change; or (no digest) what may be one.
struct HiddenSum {
    std::string path, why;
    Extent at;                       // of the value, in the root's space
    const Digest* digest = nullptr;  // null: only a guess
    Extent over;                     // in the root's space
    bool to_the_end = false;         // `over` ends with the image, however long it is
    Endian endian = Endian::Big;
};

/// Tried in each unknown run of up to 4 KiB: crc32 and its complement, adler32, 16- and 32-bit sums, md5, sha1, sha256, both endians, over:
/// image begin, this run's end or the next region up to this run's begin or the image's end. A run of 16 to 512 bytes at the image's end
/// that looks random is a guess.
Result<std::vector<HiddenSum>> sums_over_changes(Node& root, const Buffer& image, std::span<const Extent> changed, Context&);
/// The same bytes with those values that are known set anew.
Rope fix(const Rope&, std::span<const HiddenSum>);

}  // namespace fieldstrip
