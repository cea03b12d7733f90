// STAND-IN
#pragma once
#include "model/format.h"
namespace fieldstrip::squashfs {
enum class Codec : u16 { Gzip = 1, Lzma, Lzo, Xz, Lz4, Zstd };
struct Compressor { Codec codec = Codec::Gzip; u32 block_size = 0; int level = 9; };
Result<Compressor> compressor_of(Codec, u32 block_size, ByteView options, Endian);
Result<Bytes> decode_block(Codec, ByteView stored, u64 limit, Context&);
Result<Bytes> encode_block(const Compressor&, ByteView plain, Context&);
struct Sample { ByteView stored, plain; };
struct Found { Compressor compressor; bool exact; };
Result<Found> find_compressor(const Compressor& said, std::span<const Sample>, Context&);
std::string words_of(const Compressor&);
void write_compressor(const Compressor&, Recipe&);
Result<Compressor> read_compressor(const Recipe&);
}
