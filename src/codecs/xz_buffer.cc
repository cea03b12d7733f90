// Sources: lzma/container.h, block.h and stream_flags.h of XZ Utils 5.4; doc/xz-file-format.txt there (public domain).
#include "codecs/xz_buffer.h"

#include <cstdlib>

#include "base/digest.h"
#include "codecs/crc64.h"
#include "codecs/lzma2_block.h"
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

/// Whether the sum behind the block is that of its content; none that is not quickly made counts.
bool holds(lzma_check check, const u8* sum, ByteView content) {
    if (check == LZMA_CHECK_CRC32) return load({sum, 4}, 4, Endian::Little) == crc32(content);
    return check == LZMA_CHECK_CRC64 && load({sum, 8}, 8, Endian::Little) == crc64(content);
}

/// A stream of the usual shape (one block, LZMA2 without filters, a crc) that is whole; nothing of any other, nor of a damaged one.
std::optional<Bytes> decode_usual(ByteView in, u64 limit) {
    constexpr u64 kHead = LZMA_STREAM_HEADER_SIZE, kMost = u64{1} << 24;
    if (limit > kMost || in.size() > kMost || in.size() < 2 * kHead + 8) return {};
    lzma_stream_flags head{}, foot{};
    if (lzma_stream_header_decode(&head, in.data()) != LZMA_OK || !in[kHead]) return {};
    Filters filters;
    lzma_block block{};
    block.version = 1, block.check = head.check, block.filters = filters.all;
    block.header_size = lzma_block_header_size_decode(in[kHead]);
    if (in.size() - kHead < block.header_size || lzma_block_header_decode(&block, nullptr, in.data() + kHead) != LZMA_OK) return {};
    if (filters.all[0].id != LZMA_FILTER_LZMA2 || filters.all[1].id != LZMA_VLI_UNKNOWN) return {};
    const u64 begin = kHead + block.header_size;
    Bytes out(limit + lzma2::kSlack);
    auto made = lzma2::decode_block(in.subspan(begin), out, static_cast<lzma_options_lzma*>(filters.all[0].options)->dict_size);
    if (!made) return {};
    auto is = [](lzma_vli said, u64 is) { return said == LZMA_VLI_UNKNOWN || said == is; };
    if (!is(block.compressed_size, made->used) || !is(block.uncompressed_size, made->made)) return {};
    const u64 sum = begin + made->used + gap_to(made->used, 4), index = sum + lzma_check_size(head.check);
    if (index + kHead >= in.size() ||
        (sum > begin + made->used && one_value(in.subspan(begin + made->used, sum - begin - made->used)) != 0))
        return {};
    out.resize(made->made);
    if (!holds(head.check, in.data() + sum, out)) return {};
    std::unique_ptr<lzma_index_hash, void (*)(lzma_index_hash*)> seen(lzma_index_hash_init(nullptr, nullptr),
                                                                      [](auto* h) { lzma_index_hash_end(h, nullptr); });
    if (!seen || lzma_index_hash_append(seen.get(), block.header_size + made->used + lzma_check_size(head.check), made->made) != LZMA_OK)
        return {};
    const size_t foot_at = in.size() - kHead;
    size_t at = index;
    if (lzma_index_hash_decode(seen.get(), in.data(), &at, foot_at) != LZMA_STREAM_END || at != foot_at) return {};
    if (lzma_stream_footer_decode(&foot, in.data() + foot_at) != LZMA_OK || lzma_stream_flags_compare(&head, &foot) != LZMA_OK) return {};
    return foot.backward_size == lzma_index_hash_size(seen.get()) ? std::optional(std::move(out)) : std::nullopt;
}

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
    if (auto usual = decode_usual(in, limit)) {
        TRY_VOID(cx.spend(&Limits::decoded, usual->size()));
        return *std::move(usual);
    }
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
    auto ret =
        lzma_stream_buffer_encode(options.filters.data(), lzma_check(check), lzma2::tables_for(options.lzma.dict_size, content.size()),
                                  content.data(), content.size(), out.data(), &made, out.size());
    if (ret == LZMA_MEM_ERROR) return cx.limit("memory");
    if (ret != LZMA_OK) return fail(Error::Kind::Unsupported, "xz does not encode this");
    out.resize(made);
    return out;
}

}  // namespace fieldstrip::xz_buffer
