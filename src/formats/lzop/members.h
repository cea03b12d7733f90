// lzop: members behind each other, each a header with its own checksum, blocks with the sizes before and after encoding, and four zeros.
#pragma once
#include "codecs/lzo.h"
#include "model/format.h"

namespace fieldstrip::lzop {

enum Flag : u32 {
    kAdlerContent = 1,
    kAdlerData = 2,
    kExtra = 0x40,
    kCrcContent = 0x100,
    kCrcData = 0x200,
    kMultipart = 0x400,
    kFilter = 0x800,
    kHeaderCrc = 0x1000
};
constexpr u8 kMagic[] = {0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1A, '\n'};
constexpr u64 kMostContent = 64 << 20;  // of a block

struct Header {
    u64 size = 0;  // with its checksum, and with the extra field
    u16 version = 0;
    u8 method = 0, level = 0;
    u32 flags = 0;
    u64 name = 0;    // how long
    u64 summed = 0;  // where its checksum lies
    Extent extra = {};
    bool holds = true;  // checksums
    bool is(Flag f) const { return flags & f; }
};
std::expected<Header, std::string_view> read_header(ByteView in);
/// crc32 or adler32, as the flags say.
u32 checksum(ByteView, bool crc);

struct Block {
    u64 at = 0;
    u32 content = 0, size = 0;                                                                // of content and of data; the same: stored
    std::optional<u64> adler_content = {}, crc_content = {}, adler_data = {}, crc_data = {};  // where they lie
    u64 data = 0;                                                                             // where it lies
    Extent extent() const { return {data, size}; }
    u64 end() const { return data + size; }
    bool stored() const { return size == content; }
};
/// The block at `at`; nothing where the end lies, or what is none. Its data may be cut.
std::optional<Block> read_block(ByteView, const Header&, u64 at);

struct Member {
    u64 at = 0;
    Header header;
    u64 blocks = 0, content = 0;
    u64 end_mark = 0;  // where it lies, or how far it was read
    u64 end = 0;
    enum class End {
        Whole,
        Cut,
        Damaged  // the sizes of a block can't be some
    } how = End::Whole;
    u64 begin() const { return at + header.size; }
};
struct File {
    std::vector<Member> members;
    u64 size = 0;
    unsigned bits = 0;
    bool sound = true;
    const Member& last() const { return members.back(); }
};
std::expected<File, No> read_file(ByteView, Context&);

/// The content of a block; zeros where it does not decode, which `good` tells.
Result<Bytes> decode_block(ByteView, const Block&, bool& good, Context&);

extern const FindingKind kFindings[1];  // where it ends is not known
Result<Recipe> recipe_of(ByteView, const File&, Context&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

}  // namespace fieldstrip::lzop
