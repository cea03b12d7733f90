// A chain of filters in liblzma's words; for the codecs over it, and nobody else.
#pragma once
#include <lzma.h>

#include <array>

#include "codecs/lzma2.h"

namespace fieldstrip::lzma2 {

/// It points into itself.
struct Options {
    std::array<lzma_filter, LZMA_FILTERS_MAX + 1> filters{};
    std::array<lzma_options_bcj, LZMA_FILTERS_MAX> bcj{};
    std::array<lzma_options_delta, LZMA_FILTERS_MAX> delta{};
    lzma_options_lzma lzma{};
    Options() = default;
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;
    /// The filters; `lzma` is left as it is. False where it is no chain of filters that there are.
    bool set(const Chain&);
    /// The filters, and all that an encoder is told.
    bool set(const Chain&, const Params&);
};
/// What the chain's last filter says.
std::optional<u32> dictionary_of(const Chain&);
/// A dictionary that is no larger than what it is for.
inline u32 shrink(u32 dictionary, u64 content) { return u32(std::min<u64>(dictionary, std::max<u64>(LZMA_DICT_SIZE_MIN, content))); }

/// Tables of encoders are large, and touched all over by much content: on huge pages, where the system has them. What is to be zero is
/// written at once: zeros that are read first and written later cost two faults a page, and halt the other threads.
const lzma_allocator* on_huge_pages();
/// Where it is worth it: large tables are touched all over by much content only. Null: liblzma's own.
const lzma_allocator* tables_for(u32 dictionary, u64 content);

/// Ends itself.
struct Coder {
    lzma_stream stream = LZMA_STREAM_INIT;
    Coder() = default;
    Coder(const Coder&) = delete;
    Coder& operator=(const Coder&) = delete;
    ~Coder() { lzma_end(&stream); }
};
/// Runs a decoder that is set up over all of `in` and gives at most `limit` bytes of what comes out. The answer is lzma_code's last one:
/// LZMA_OK where there is more than `limit`.
Result<lzma_ret> run_decoder(lzma_stream&, ByteView in, u64 limit, Bytes& out, Context&);

}  // namespace fieldstrip::lzma2
