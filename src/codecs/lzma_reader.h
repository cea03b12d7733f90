// Reads a bare LZMA stream (no header) to its exact end, and counts what proves that it is one: it has no checksum and no magic.
#pragma once
#include "model/context.h"

namespace fieldstrip::lzma_reader {

/// Where bytes go, in order; false when no more is wanted.
using Take = std::function<bool(ByteView)>;

/// What is known of a stream before it is read.
struct Shape {
    unsigned lc = 3, lp = 0, pb = 2;
    u64 window = u64{1} << 23;     // matches reach back so far at most, as the header says; what reaches farther is read too, and said
    std::optional<u64> size = {};  // of the content; none: up to the end marker
    bool ends_with_input = false;  // without a size: the end of the input, at a symbol's end, is the stream's too
};

struct Read {
    enum class End {
        Whole,    // with its marker, or with the size that was said; nothing is left in the range coder
        Cut,      // the input ended first
        Wrong,    // no LZMA from somewhere before `used` on
        Stopped,  // by the taker
    } end;
    u64 used;              // bytes of input
    u64 made;              // bytes of output that were delivered
    bool marker;           // it ends with a marker
    u64 farthest;          // back to where a match reached
    unsigned bits;         // of proof, counted: what chance would have had to do so that each match lies within what was decoded before it
    std::string_view why;  // Wrong: what is
};

/// False for what can't be the beginning: looks at 5 bytes.
bool may_begin(ByteView in);

class Reader {
  public:
    Reader();
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    /// One stream at the beginning of `in`. Spends `decoded`; an Error is a limit, nothing else.
    Result<Read> read(ByteView in, const Shape&, const Take&, Context&);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fieldstrip::lzma_reader
