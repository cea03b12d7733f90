// A whole xz stream of one block in memory, as liblzma's lzma_stream_buffer_encode makes it and file systems hold it. Files with several
// blocks or streams are the format's that is named so.
#pragma once
#include "codecs/lzma2.h"

namespace fieldstrip::xz_buffer {

enum class Check : u8 {
    None = 0,
    Crc32 = 1,
    Crc64 = 4,
    Sha256 = 10
};

/// What a stream says of how it was made.
struct Said {
    Check check = Check::None;
    lzma2::Chain chain = {};            // dictionary and filters
    bool sizes = false;                 // in the block's header, as lzma_stream_buffer_encode writes them
    std::optional<u8> properties = {};  // lc, lp, pb; none where no chunk is compressed
};
/// Nothing where the stream's and its first block's header can't be read, or where the stream has no block. Checks nothing behind.
std::optional<Said> look(ByteView in);

/// At most `limit` bytes. Damaged: it is no stream, a sum of it is wrong, it does not end with `in`, or it holds more. Spends `decoded`.
Result<Bytes> decode(ByteView in, u64 limit, Context&);
/// Content that LZMA2 makes no smaller is stored in chunks as it is, without the filters before it, as liblzma does.
Result<Bytes> encode(ByteView content, const lzma2::Chain&, const lzma2::Params&, Check, Context&);

}  // namespace fieldstrip::xz_buffer
