// The LZMA SDK's own encoder, of vendors' tools and of the program `lzma`: a bare LZMA stream with explicit parameters, and which ones made
// given bytes. The SDK finds other matches than liblzma, in the same format.
#pragma once
#include "codecs/lzma_encoder.h"

namespace fieldstrip::lzma_sdk {

using lzma_encoder::Known, lzma_encoder::Take;

enum class Finder : u8 {
    Bt4,
    Bt3,
    Bt2,
    Hc4
};
constexpr unsigned kFinders = 4;
std::string_view name_of(Finder);
std::optional<Finder> finder_of(std::string_view name);

constexpr u32 kMostDictionary = u32{1} << 27;
constexpr u32 kMostDepth = u32{1} << 16;

/// What it is told, in the words of its own program: -d, -lc, -lp, -pb, -eos, -a, -fb, -mf, -mc.
struct Params {
    u32 dictionary = 1 << 23;
    unsigned lc = 3, lp = 0, pb = 2;
    bool marker = false;
    bool fast = false;    // the greedy parser: -a0
    unsigned nice = 128;  // "fast bytes": 5 ... 273
    Finder finder = Finder::Bt4;
    u32 depth = 0;  // of the search; 0: as `nice` asks
    bool operator==(const Params&) const = default;
};
bool valid(const Params&);

/// The next bytes of the content, into all of what is given; fewer: it ends there.
using Fill = std::function<u64(std::span<u8>)>;
/// The stream of `size` bytes of content; `take` may stop it, which is no error.
Result<void> encode(const Fill&, u64 size, const Params&, const Take&, Context&);

/// How far `find` may go on: bytes that wrong candidates encode, together.
constexpr u64 kBudget = u64{96} << 20;
/// The parameters that make exactly `packed` (without its header) of `content`, likely ones first; a candidate ends near its first wrong
/// byte, and what is compared is the first MiB of `packed`. Of those that fail, `nearest` gets the one that went farthest.
Result<std::optional<Params>> find(ByteView packed, ByteView content, const Known&, Params& nearest, Context&);

}  // namespace fieldstrip::lzma_sdk
