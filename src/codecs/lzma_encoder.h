// Makes a bare LZMA stream with explicit parameters, and finds out with which ones given bytes were made.
#pragma once
#include "codecs/lzma_alone.h"

namespace fieldstrip::lzma_encoder {

using Take = std::function<bool(ByteView)>;

/// What an encoder is told.
struct Params {
    u32 preset = 6;            // liblzma's: match finder, depth, nice length, mode
    u32 dictionary = 1 << 23;  // the encoder's own; the header may say another one
    unsigned lc = 3, lp = 0, pb = 2;
    bool marker = true;  // at the end
    bool operator==(const Params&) const = default;
};

/// The stream of `content`; `take` may stop it, which is no error. `whole` = false: the content's beginning, and what comes out of that.
Result<void> encode(ByteView content, bool whole, const Params&, const Take&, Context&);

/// What speaks for the parameters.
struct Known {
    Params params;  // lc, lp, pb, marker as the stream shows them; the dictionary that its header says
    u64 farthest;   // back to where a match reached
};
/// The parameters that make exactly `packed` (without its header) of `content`, likely ones first; a candidate ends at its first wrong
/// byte, and what is compared is the first MiB of `packed`.
Result<std::optional<Params>> find(ByteView packed, ByteView content, const Known&, Context&);

}  // namespace fieldstrip::lzma_encoder
