// Zstandard frames (RFC 8878): where they end, what they hold, and how they were made.
#pragma once
#include "model/context.h"

namespace fieldstrip::zstd_frame {

using Take = std::function<bool(ByteView)>;

struct Header {
    u64 size = 0;                     // of the header
    u64 window = 0;                   // what a decoder needs
    std::optional<u64> content = {};  // its size
    u32 dictionary = 0;               // its id; 0: none is named
    bool single = false;              // one segment: the window is the content
    bool checksum = false;
};
/// Nothing where there is no frame's magic, or a header that can't be or is cut.
std::optional<Header> read_header(ByteView);
/// The size of the skippable frame at the beginning of `in`, with its 8 bytes of header, also where that is more than there is.
std::optional<u64> skippable(ByteView in);

/// What the headers of a frame's blocks say, without decoding.
struct Blocks {
    enum class End {
        Whole,
        Cut,
        Wrong
    } end;
    u64 size;        // of the frame, the checksum included; of one that is not whole: of whole blocks
    u64 blocks = 0;  // all of them
    u64 packed = 0;  // those that are compressed and not tiny
};
/// How much a block may hold, in the frame or as content.
u64 most_in_block(const Header&);
Blocks walk(ByteView in, const Header&);

struct Read {
    enum class End {
        Whole,
        Damaged,
        Stopped
    } end;
    u64 made = 0;
    u64 used = 0;            // bytes of the frame that were read before it was damaged
    u32 stored = 0, is = 0;  // the checksum
    bool holds(const Header& h) const { return !h.checksum || stored == is; }
};
/// Decodes one frame, all of which is `in`. Unsupported: it needs a dictionary. An Error is that or a limit.
Result<Read> read(ByteView in, const Header&, const Take&, Context&);

/// How a frame is made: by libzstd.
struct Params {
    int level = 3;
    bool workers = true;  // as the tool does, with a worker of its own
    bool long_ = false;   // looks for long distances too
    unsigned window = 0;  // log2; 0: the level's
    bool says_size = true;
    bool checksum = true;
    bool operator==(const Params&) const = default;
};
/// "zstd -19 --no-check".
std::string words(const Params&);
Result<void> encode(ByteView content, const Params&, const Take&, Context&);
/// The parameters that make exactly `frame` of `content`, likely ones first.
Result<std::optional<Params>> find(ByteView frame, const Header&, ByteView content, Context&);
/// As find's first guess: what the header says, and the level that most use.
Params likely(const Header&);

}  // namespace fieldstrip::zstd_frame
