// The small structures of xz as bytes: numbers, headers, index, footer. Reading and writing of each stand side by side.
#pragma once
#include "codecs/lzma2.h"
#include "model/layout.h"

namespace fieldstrip::xz {

constexpr u64 kHeaderSize = 12, kFooterSize = 12, kMaxPadding = 4096;
constexpr u8 kMagic[] = {0xFD, '7', 'z', 'X', 'Z', 0};
constexpr u8 kFooterMagic[] = {'Y', 'Z'};
extern const Names kChecks;

/// By the check's id, which is 0 … 15: reserved ones have a size too.
u64 check_size(u8 id);
bool check_known(u8 id);
/// "crc32", "check 7"; and back.
std::string check_name(u8 id);
std::optional<u8> check_of(std::string_view name);
/// The check of some content, as it is stored. Nothing (but all the feeding) for an id that has no algorithm here.
Bytes check_value(u8 id, const Feed&);

/// The stream flags that lie at b: the check's id, where they are valid.
std::optional<u8> read_flags(ByteView b);

struct BlockHeader {
    u64 size = 0;
    std::optional<u64> compressed = {}, content = {};
    lzma2::Chain chain = {};
    bool crc_holds = false;
    bool operator==(const BlockHeader&) const = default;
};
/// Nothing where the bytes can't be one that ends with LZMA2. A wrong crc32 alone does not matter.
std::optional<BlockHeader> read_block_header(ByteView);
/// At least `size` bytes long, longer where that is needed.
Bytes write_block_header(const BlockHeader&);

struct Record {
    u64 unpadded = 0, content = 0;
    bool operator==(const Record&) const = default;
};
/// What the bytes can be told to be without their crc32: its size with the crc32 and the number of records. Nothing where they are no
/// index.
struct IndexShape {
    u64 size = 0, records = 0;
};
std::optional<IndexShape> read_index_shape(ByteView);
bool index_crc_holds(ByteView, const IndexShape&);
std::vector<Record> read_records(ByteView, const IndexShape&);
Bytes write_index(std::span<const Record>);

Bytes write_stream_header(u8 check);
Bytes write_footer(u8 check, u64 index_size);

}  // namespace fieldstrip::xz
