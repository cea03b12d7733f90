// A zlib stream: two bytes that say window and level, a deflate stream, and adler32 of what it holds.
#pragma once
#include "codecs/deflate.h"
#include "model/format.h"

namespace fieldstrip::zlib_stream {

constexpr u64 kHeader = 2, kEnd = 4;

/// Why no stream can begin so; "": one can.
std::string_view why_none(ByteView in);
/// What the header says of the encoder. zlib's levels share four numbers.
deflate::Params hinted(ByteView in);

struct Stream {
    deflate::Read read{};
    u32 adler = 1, stored = 0;  // of what it holds, and what its end says
    bool whole = false;         // deflate stream and adler32 are there
    Extent deflated() const { return {kHeader, read.used}; }
    u64 end() const { return deflated().end() + (whole ? kEnd : 0); }
    bool holds() const { return whole && adler == stored; }
};
/// Reads the one that `in` begins with, whose header is one. An Error is a limit of the Context; all else is told in the Stream.
Result<Stream> read(ByteView in, const deflate::Take&, Context&);
/// The same of one that should be all of `in`: what is sound and decodes to little is decoded at once, in half the time.
Result<Stream> read_alone(ByteView in, const deflate::Take&, Context&);

// What the format is made of (recognise.cc, make.cc).
bool may_begin(ByteView from);
Answer recognise(ByteView space, u64 at, Context&);
Result<Recipe> recipe_of(ByteView all, Context&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

}  // namespace fieldstrip::zlib_stream
