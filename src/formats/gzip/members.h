// A gzip stream is members, one directly behind the other: a header, a deflate stream, and crc32 and size of what it holds.
#pragma once
#include "codecs/deflate.h"
#include "model/format.h"

namespace fieldstrip::gzip {

enum Flag : u8 {
    kText = 1,
    kHeaderCrc = 2,
    kExtra = 4,
    kName = 8,
    kComment = 16
};

struct Header {
    u64 size = 0;
    u8 flags = 0, extra_flags = 0, os = 0;
    bool crc_holds = true;  // its own; true where it has none
    u64 crc_at() const { return size - 2; }
};
/// The header at the beginning of `in`, or why there is none; looks at the cheap things first.
std::expected<Header, std::string_view> read_header(ByteView in);
/// What it proves, counted: magic and method, reserved flags, and the few values that writers use for the compressor's level and the
/// system.
unsigned bits_of(const Header&);
/// The deflate parameters that the header hints at.
deflate::Params hinted(const Header&);

struct Member {
    u64 at = 0;
    Header header;
    deflate::Read read{};                 // own_codes are not counted where crc32 and size hold
    u32 crc = 0;                          // of what it holds
    u32 stored_crc = 0, stored_size = 0;  // what its end says
    bool whole = false;                   // deflate stream and end are there
    Extent deflated() const { return {at + header.size, read.used}; }
    u64 end() const { return deflated().end() + (whole ? 8 : 0); }
    bool crc_holds() const { return whole && crc == stored_crc; }
    bool size_holds() const { return whole && u32(read.made) == stored_size; }
};
/// Reads the member at `at`, whose header was read. An Error is a limit of the Context; all else is told in the Member.
Result<Member> read_member(deflate::Reader&, ByteView all, u64 at, const Header&, const deflate::Take&, Context&);

/// Whether that many bytes of content are usual for so many of a stream.
bool is_usual(u64 content, u64 encoded);
/// How much a stream of that many bytes may hold. Deflate makes at most 1032 of 1; beyond 64 MiB eight are thought enough.
u64 most_in(u64 encoded);
/// Whether a damaged stream may be all of its space (a file NAME.gz, the payload of an image): then its end is known without reading up to
/// it, and the size that stands there can be that of what lies before it.
bool may_fill(ByteView space, const Header&);

// What the format is made of (recognise.cc, make.cc).
extern const FindingKind kFindings[1];  // the deflate stream is damaged
bool may_begin(ByteView from);
Answer recognise(ByteView space, u64 at, Context&);
Result<Recipe> recipe_of(ByteView all, Context&);  // find.cc
void note(Recipe&, const std::string& member, const deflate::Params&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::vector<Recipe> denser(const Recipe&);
Result<Rope> stretch(const Rope& stream, u64 size);  // stretch.cc
std::string made_by(const Recipe&);

}  // namespace fieldstrip::gzip
