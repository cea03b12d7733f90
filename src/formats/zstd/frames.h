// The frames that a zstd stream consists of.
#pragma once
#include "codecs/zstd_frame.h"
#include "model/format.h"

namespace fieldstrip::zstd {

struct Frame {
    u64 at = 0, size = 0;  // a cut one's: up to the end
    bool skippable = false, cut = false, damaged = false;
    zstd_frame::Header header = {};
    zstd_frame::Read read = {zstd_frame::Read::End::Damaged};
    u64 packed = 0;  // blocks
    u64 blocks = 0;
    bool fills = false;  // alone in its space; only asked where nothing can be decoded
    u64 end() const { return at + size; }
    bool sound() const { return skippable || (!cut && !damaged && read.holds(header)); }
    /// What speaks for it.
    unsigned bits() const;
};

constexpr size_t kMostFrames = 4096;

/// Whether a frame may begin there: by its header, and by that of its first block.
bool may_begin(ByteView from);

/// Calls `each` with every frame, in order, up to where the stream ends; `at_least_one`: that is not skippable. What proves the frames is
/// their decoding, done here: `take` gets the content. False: no stream begins here, and `why` says why not.
Result<bool> read_frames(ByteView all, const zstd_frame::Take& take, const std::function<void(const Frame&)>& each, std::string_view& why,
                         Context&);

Result<Recipe> recipe_of(ByteView all, Context&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

}  // namespace fieldstrip::zstd
