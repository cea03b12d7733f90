// What stands before a bare LZMA stream, and the stream read to its end.
#pragma once
#include "codecs/lzma_alone.h"
#include "codecs/lzma_reader.h"
#include "model/format.h"

namespace fieldstrip::lzma {

constexpr u64 kHeader = 13, kShort = 5;

/// lc, lp and pb in a byte and the dictionary; in the usual form the content's size behind them.
struct Header {
    unsigned lc = 3, lp = 0, pb = 2;
    u32 dictionary = 0;
    bool has_size = true;          // 13 bytes; else 5
    std::optional<u64> size = {};  // none: all ones stand there, or nothing does
    u64 bytes() const { return has_size ? kHeader : kShort; }
    lzma_reader::Shape shape(bool ends_with_input) const;
    /// What liblzma is told.
    lzma_alone::Header alone() const { return {.lc = lc, .lp = lp, .pb = pb, .dictionary = dictionary, .size = size}; }
};
/// One of the dictionaries that encoders write: 2^n, 2^n + 2^(n-1), or all ones.
bool is_usual(u32 dictionary);
/// Nothing where it can't be one, or where no stream can begin behind it. Reads 18 bytes.
std::optional<Header> read_header(ByteView, bool has_size);

struct Stream {
    Header header;
    lzma_reader::Read read;
    bool whole() const { return read.end == lzma_reader::Read::End::Whole; }
    u64 size() const { return header.bytes() + read.used; }
};
/// The stream at the beginning of `all`, in the form that proves itself. `alone`: nothing else is in that space.
Result<std::optional<Stream>> read(ByteView all, bool alone, const lzma_reader::Take&, Context&);
/// What proves it, in bits; 0: not enough does.
unsigned proof(const Stream&, bool fills);

void find(ByteView space, Extent range, std::vector<u64>& at);

Result<Recipe> recipe_of(ByteView all, Context&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

}  // namespace fieldstrip::lzma
