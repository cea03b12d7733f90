// Raw deflate (RFC 1951): reading with an exact end, writing with explicit parameters, and finding out with which ones given bytes were
// written.
#pragma once
#include "model/context.h"

namespace fieldstrip::deflate {

/// Where bytes go, in order; false when no more is wanted.
using Take = std::function<bool(ByteView)>;
/// Where content comes from: calls its argument with all of it in order, until it gets false. May be called again.
using Source = std::function<Result<void>(const Take&)>;

/// What reading found. All of it is told, also of a stream that is not whole.
struct Read {
    enum class End {
        Whole,    // the last block was read to its end
        Cut,      // the input ended first
        Wrong,    // no deflate from `used` on
        Stopped,  // by the taker
    } end;
    u64 used;              // bytes of input, the last one perhaps in part
    u64 made;              // bytes of output that were delivered
    u64 own_codes;         // blocks with Huffman codes of their own that hold: hardly ever does noise make one (0 of 400 000 tried)
    std::string_view why;  // Wrong: zlib's words (constants)
};

/// False where the first block's header, or its first codes where they are the fixed ones, can't be any; looks at 64 bytes and costs
/// nothing, so most of what chance offers ends here.
bool may_begin(ByteView in);
/// The stored blocks that a stream begins with: how long they are, and whether they lead on to another block or to the stream's end. Goes
/// over them 20 times as fast as reading does.
struct Stored {
    u64 size;
    bool lead_on;
};
Stored stored_ahead(ByteView in);

/// Reads streams, one after another. 7 KiB, and 32 KiB more once something was read.
class Reader {
  public:
    Reader();
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    /// One stream at the beginning of `in`. Spends `decoded`, whatever is delivered; an Error is a limit, nothing else.
    Result<Read> read(ByteView in, const Take&, Context&);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// How long the stream at the beginning of `in` is, if it makes exactly the bytes of `out`, where they are then; else nothing is told of
/// it. More than twice as fast as a Reader. Spends nothing.
std::optional<u64> decode_exactly(ByteView in, std::span<u8> out);

/// So many stored blocks of one size.
struct Run {
    u64 size = 0, count = 0;
    bool operator==(const Run&) const = default;
};

enum class Program : u8 {
    Zlib,        // deflateInit2, one stream
    Gzip,        // GNU gzip
    Pigz,        // zlib in pieces of one size that begin with a byte, each knowing the 32 KiB before it
    Libdeflate,  // the library
};

/// What zlib is asked for on the way.
enum class Flush : u8 {
    None,
    Partial,
    Sync,
    Full
};

/// How a stream is written: by a program with what it was told, or in blocks that are all stored (whose sizes depend on a writer's buffers,
/// not on parameters).
struct Params {
    int level = 6;
    int mem_level = 8, strategy = 0, window = 15;  // Zlib's
    std::vector<Run> stored = {};                  // not empty: only stored blocks, of these sizes; further content in blocks of 65535
    Program program = Program::Zlib;
    bool rsyncable = false;         // Gzip's
    u32 piece = 128;                // Pigz's, in KiB
    bool one_thread = false;        // Pigz's: the pieces go through one encoder
    bool independent = false;       // Pigz's: a piece knows nothing of those before
    Flush flush = Flush::None;      // Zlib's
    std::vector<Run> flushes = {};  // the content before each
    bool operator==(const Params&) const = default;
};
extern const std::string_view kStrategies[5];
/// "zlib level 9, mem_level 8", "gzip -9 (GNU)", "stored blocks".
std::string words(const Params&);
/// As a recipe keeps it, and back. Damaged: a value is missing or none.
std::vector<std::pair<std::string, std::string>> fields_of(const Params&);
Result<Params> params_of(const std::function<std::string_view(std::string_view name)>& value);
/// "65535x3,100" and back.
std::string text_of(const std::vector<Run>&);
std::optional<std::vector<Run>> runs_of(std::string_view, u64 most_size);

/// `take` may stop it: that is no error. Unsupported: parameters that the program refuses, or more content than fits into memory where it
/// wants all of it.
Result<void> encode(const Source& content, const Params&, const Take&, Context&);

/// What a search may still cost, in bytes encoded by candidates that turned out wrong.
struct Budget {
    u64 left = u64{256} << 20;
};
/// Whose parameters are tried.
enum class Among {
    Zlib,     // what a library inside of another program may have been told
    NotGzip,  // all but GNU gzip, which writes no zlib streams
    All,
};
/// The parameters that make exactly `encoded` of `content`, if any do: `likely` first, then all that writers use. A candidate dies at its
/// first wrong byte.
Result<std::optional<Params>> find(const Source& content, ByteView encoded, const Params& likely, Among, Budget&, Context&);

/// Whether find() would answer `likely`, at once and at no cost.
Result<bool> made_by(const Source& content, ByteView encoded, const Params& likely, Context&);

}  // namespace fieldstrip::deflate
