// The compressed streams that Linux's boot stubs decode: which one begins at a place, how long it is, and how much comes of it.
#pragma once
#include "base/digest.h"
#include "model/context.h"

namespace fieldstrip::kernel_stream {

/// The format whose stream begins with `in`, by the looks of its header: "gzip", "xz", "lzma", "bzip2", "lzop", "lz4-legacy", "zstd"; ""
/// for none. Allocates nothing.
std::string_view kind_of(ByteView in);

struct Found {
    u64 at = 0;
    std::string_view kind;  // "": there is none
};
/// The first such place in `range`. Stubs hold the magics too, in the code that looks for them: all of a header is asked for.
Found find(ByteView in, Extent range);

struct Measured {
    u64 used, made;  // bytes of the stream, and of what it holds
};
/// Decodes the stream that `in` begins with. Nothing where it does not decode to its end, or at a limit of the Context. An LZ4 one, which
/// has no end, ends where no block can follow, four bytes before the end of `in` at the latest.
std::optional<Measured> measure(ByteView in, std::string_view kind, Context&);

/// How much of `place`, which begins with a stream, is not zeros behind it: all where it does not end with one. Decodes only where it does.
u64 without_zeros(ByteView place, std::string_view kind, Context&);

/// How much the stream that the range holds decodes to: what Linux's build puts behind one whose format does not tell
/// (scripts/Makefile.lib, size_append). All ones where it does not decode.
extern const Digest decoded_size;

}  // namespace fieldstrip::kernel_stream
