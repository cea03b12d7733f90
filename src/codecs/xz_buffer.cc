// Sources: lzma/container.h, block.h and stream_flags.h of XZ Utils 5.4; doc/xz-file-format.txt there (public domain).
#include "codecs/xz_buffer.h"

#include <cstdlib>

#include "codecs/lzma2_options.h"

namespace fieldstrip::xz_buffer {
namespace {

/// The filters that liblzma made of a block's header, given back at the end.
struct Filters {
    lzma_filter all[LZMA_FILTERS_MAX + 1]{};
    Filters() { all[0].id = LZMA_VLI_UNKNOWN; }
    Filters(const Filters&) = delete;
    Filters& operator=(const Filters&) = delete;
    ~Filters() { lzma_filters_free(all, nullptr); }
};

}  // namespace

std::optional<Said> look(ByteView in) {
    constexpr u64 kHead = LZMA_STREAM_HEADER_SIZE;
    lzma_stream_flags flags{};
    if (in.size() <= kHead || lzma_stream_header_decode(&flags, in.data()) != LZMA_OK || !in[kHead]) return {};
    Filters filters;
    lzma_block block{};
    block.version = 1;
    block.check = flags.check;
    block.filters = filters.all;
    block.header_size = lzma_block_header_size_decode(in[kHead]);
    if (in.size() - kHead < block.header_size || lzma_block_header_decode(&block, nullptr, in.data() + kHead) != LZMA_OK) return {};
    Said out{.check = Check(flags.check),
             .sizes = block.compressed_size != LZMA_VLI_UNKNOWN && block.uncompressed_size != LZMA_VLI_UNKNOWN};
    for (auto* f = filters.all; f->id != LZMA_VLI_UNKNOWN; f++) {
        u32 size = 0;
        if (lzma_properties_size(&size, f) != LZMA_OK) return {};
        Bytes properties(size);
        u8 none = 0;
        if (lzma_properties_encode(f, size ? properties.data() : &none) != LZMA_OK) return {};
        out.chain.push_back({f->id, std::move(properties)});
    }
    constexpr u64 kChunks = 64;  // a block of a file system has fewer, and the first that is compressed tells
    out.properties = lzma2::walk(in.subspan(kHead + block.header_size), kUnbounded, kUnbounded, kChunks).properties;
    return out;
}

Result<Bytes> decode(ByteView in, u64 limit, Context& cx) {
    auto damaged = [](std::string_view what) { return fail(Error::Kind::Damaged, "the xz stream " + std::string(what)); };
    lzma2::Coder coder;
    if (lzma_stream_decoder(&coder.stream, cx.limits.memory, 0) != LZMA_OK) return cx.limit("memory");
    Bytes out;
    switch (TRY(lzma2::run_decoder(coder.stream, in, limit, out, cx))) {
        case LZMA_STREAM_END: break;
        case LZMA_OK: return damaged("holds more than it may");
        case LZMA_MEM_ERROR:
        case LZMA_MEMLIMIT_ERROR: return cx.limit("memory");
        case LZMA_BUF_ERROR: return damaged("ends before its end");
        case LZMA_OPTIONS_ERROR: return fail(Error::Kind::Unsupported, "filters that liblzma " LZMA_VERSION_STRING " does not have");
        default: return damaged("does not decode");
    }
    if (coder.stream.avail_in) return damaged("ends before its block does");
    return out;
}

Result<Bytes> encode(ByteView content, const lzma2::Chain& chain, const lzma2::Params& p, Check check, Context& cx) {
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    lzma2::Options options;
    if (!options.set(chain, p) || !lzma_check_is_supported(lzma_check(check)))
        return fail(Error::Kind::Unsupported, "filters that liblzma " LZMA_VERSION_STRING " does not have");
    if (auto needed = lzma_raw_encoder_memusage(options.filters.data()); needed != ~u64{0} && needed / 2 > cx.limits.memory)
        return cx.limit("memory");
    Bytes out(lzma_stream_buffer_bound(content.size()));
    size_t made = 0;
    auto ret = lzma_stream_buffer_encode(options.filters.data(), lzma_check(check), nullptr, content.data(), content.size(), out.data(),
                                         &made, out.size());
    if (ret == LZMA_MEM_ERROR) return cx.limit("memory");
    if (ret != LZMA_OK) return fail(Error::Kind::Unsupported, "xz does not encode this");
    out.resize(made);
    return out;
}

}  // namespace fieldstrip::xz_buffer
