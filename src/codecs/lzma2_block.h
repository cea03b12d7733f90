// LZMA2 decoded whole into memory, without filters: blocks of file systems, of which there are thousands. Why not liblzma, which the
// verdict on anything unusual stays with: it keeps a dictionary of its own and copies out of it, and takes a third longer (docs/design.md).
#pragma once
#include "codecs/lzma_range.h"

namespace fieldstrip::lzma2 {

using lzma_range::kSlack;  // bytes behind the content that the decoder may write to

struct Decoded {
    u64 used, made;
};
/// Decodes from the beginning of `in` to the end byte, into `out`, whose last kSlack bytes are not content. Nothing where it is damaged,
/// cut, is more than there is room for, or reaches back farther than `dictionary`. From any thread.
std::optional<Decoded> decode_block(ByteView in, std::span<u8> out, u32 dictionary);

}  // namespace fieldstrip::lzma2
