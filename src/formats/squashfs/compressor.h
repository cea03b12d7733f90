// How the blocks of a squashfs are packed: decoding them, and encoding them again as whoever made the image did.
#pragma once
#include "codecs/lzo.h"
#include "codecs/xz_buffer.h"
#include "formats/squashfs/lzma_block.h"
#include "model/recipe.h"

namespace fieldstrip::squashfs {

/// As the superblock of version 4 numbers them. Earlier versions have Gzip, and vendors' have Lzma.
enum class Codec : u16 {
    Gzip = 1,
    Lzma,
    Lzo,
    Xz,
    Lz4,
    Zstd
};
/// "gzip", as mksquashfs -comp has it.
std::string_view name_of(Codec);
std::optional<Codec> codec_of(std::string_view name);

/// The unpacked size of a metadata block.
constexpr u32 kMetadataSize = 8192;

/// How blocks are compressed: what the superblock and the option block say, and what only trying tells. Each codec looks at its own.
struct Compressor {
    Codec codec = Codec::Gzip;
    u32 block_size = 131072;
    int level = 9;  // gzip: 1 … 9; zstd: 1 … 22; lzo1x_999: 1 … 9; lz4: 0, or that of LZ4_compress_HC
    // gzip: each strategy whose bit is set is tried, 1 << Z_DEFAULT_STRATEGY … 1 << Z_FIXED; none: the default.
    int window = 15, mem_level = 8;
    u32 strategies = 0;
    // lzo
    lzo::Algorithm algorithm = lzo::Algorithm::Lzo1x_999;
    bool optimize = true;
    // xz and lzma
    u32 dictionary = 131072;
    lzma2::Params lzma = {};
    bool both = false;  // each way with the preset as it is, and with its extreme kind: libsquashfs
    // xz: each filter whose bit is set (in the order of kFilters) is tried, and none.
    u32 filters = 0;
    xz_buffer::Check check = xz_buffer::Check::Crc32;
    // lzma
    LzmaFrame frame = LzmaFrame::Alone;
    bool sized = true, marker = true;  // the size stands in front; the stream ends with a marker
    // mksquashfs packs metadata without strategies and filters, with a dictionary of 8 KiB; libsquashfs as data.
    bool metadata_as_data = false;
    bool keeps_longer = false;  // what packing makes no shorter is kept packed: libsquashfs, with lz4
    bool operator==(const Compressor&) const = default;
};
/// liblzma's ids of the filters that the option block of xz has bits for.
extern const u64 kFilters[6];

/// From the compression id and the option block (empty: none, the defaults of mksquashfs). Unsupported: options nobody knows (kept
/// readable: decoding never needs them).
Result<Compressor> compressor_of(Codec, u32 block_size, ByteView options, Endian);

/// Decodes one block to at most `limit` bytes. Damaged where it can't be read to its end, or is more than `limit`.
Result<Bytes> decode_block(Codec, ByteView stored, u64 limit, Context&);

/// What is in a block: mksquashfs does not pack both in the same way.
enum class Use {
    Data,  // of files, fragments among them
    Metadata
};
/// The encoded bytes as mksquashfs would make them; what does not fit into a block comes back as it is. The caller stores a block as it is
/// where the answer is not shorter: mksquashfs has `c_byte == 0 || c_byte >= size`, for data, fragments and metadata alike.
Result<Bytes> encode_block(const Compressor&, ByteView plain, Context&, Use = Use::Data);
/// The same, and nothing where the block is stored as it is.
Result<std::optional<Bytes>> pack_block(const Compressor&, ByteView plain, Context&, Use = Use::Data);

/// A block that is compressed, and what is in it.
struct Sample {
    ByteView stored, plain;
    Use use = Use::Data;
};
struct Found {
    Compressor compressor;
    bool exact;  // all samples were made again
};
/// Parameters that nothing says (a vendor's level, lzma preset, xz preset/lc/lp/pb, strategy …): tries candidates on samples, most likely
/// first. Not exact: what comes nearest, with everything that the blocks themselves say.
Result<Found> find_compressor(const Compressor& said, std::span<const Sample>, Context&);

/// "xz -b 131072 -Xbcj arm -Xdict-size 65536": as mksquashfs is told, and what it can't be told in words of the same kind. Defaults go
/// unsaid.
std::string words_of(const Compressor&);
/// Under "compressor.…", and back. Damaged: values that none has.
void write_compressor(const Compressor&, Recipe&);
Result<Compressor> read_compressor(const Recipe&);

}  // namespace fieldstrip::squashfs
