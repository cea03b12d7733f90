// lzip: members behind each other, each a header of 6 bytes, an LZMA stream that ends with a marker, and crc32, size of its content and
// size of itself.
#pragma once
#include "codecs/lzma_marked.h"
#include "model/format.h"

namespace fieldstrip::lzip {

constexpr u64 kHeader = 6, kTrailer = 20, kLeast = 36;

/// The dictionary that a header's byte says; nothing where it can't be one.
std::optional<u32> dictionary_of(u8);
/// The same of the header at the beginning of `in`; nothing where there is none.
std::optional<u32> read_header(ByteView in);

struct Member {
    u64 at = 0;
    u32 dictionary = 0;
    lzma_marked::Read read{};
    u32 crc = 0;         // of what was decoded
    bool whole = false;  // a trailer is there: behind the marker, or found by the size of the member that it says
    u64 end = 0;
    u64 trailer() const { return end - kTrailer; }
    bool decoded() const { return read.end == lzma_marked::Read::End::Whole && at + kHeader + read.used == trailer() && whole; }
    bool stopped() const { return read.end == lzma_marked::Read::End::Stopped; }
};
/// What the trailer of a member says.
struct Trailer {
    u32 crc;
    u64 content, size;
};
Trailer read_trailer(ByteView all, const Member&);
/// All three hold.
bool holds(ByteView all, const Member&);

/// Reads the member at `at`, which has a header. `search`: where the end of one that does not decode is looked for, by its trailer. An
/// Error is a limit, nothing else.
Result<Member> read_member(ByteView all, u64 at, bool search, const std::function<bool(ByteView)>& take, Context&);

Result<Recipe> recipe_of(ByteView, Context&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

}  // namespace fieldstrip::lzip
