// Sources: lzma/lzma12.h of XZ Utils 5.4 (LZMA_FILTER_LZMA1EXT); doc/lzma-file-format.txt there (public domain) for the header.
#include "codecs/lzma_alone.h"

#include "codecs/lzma2_options.h"

namespace fieldstrip::lzma_alone {
namespace {

using lzma2::Coder;

std::unexpected<Error> damaged(std::string_view what) { return fail(Error::Kind::Damaged, "the LZMA data " + std::string(what)); }

/// liblzma's words for a header, which are read by both sides.
lzma_options_lzma options_of(const Header& h, u32 preset) {
    lzma_options_lzma o{};
    lzma_lzma_preset(&o, preset);
    o.lc = h.lc, o.lp = h.lp, o.pb = h.pb;
    o.dict_size = h.dictionary;
    return o;
}

}  // namespace

bool set_properties(Header& h, u8 v) {
    lzma2::Params p;
    if (!lzma2::set_properties(p, v)) return false;
    h.lc = p.lc, h.lp = p.lp, h.pb = p.pb;
    return true;
}
u8 properties_of(const Header& h) { return u8((h.pb * 5 + h.lp) * 9 + h.lc); }

std::optional<Header> read_header(ByteView in) {
    Header h;
    if (in.size() < kHeader || !set_properties(h, in[0])) return {};
    h.dictionary = le32(in, 1);
    if (auto size = le64(in, 5); size != ~u64{0}) h.size = size;
    return h;
}
Bytes write_header(const Header& h) {
    Bytes out(kHeader);
    out[0] = properties_of(h);
    store(std::span(out).subspan(1), 4, Endian::Little, h.dictionary);
    store(std::span(out).subspan(5), 8, Endian::Little, h.size.value_or(~u64{0}));
    return out;
}

Result<Decoded> decode_raw(ByteView in, const Header& h, u64 limit, Context& cx) {
    if (h.size && *h.size > limit) return damaged("holds more than it may");
    auto options = options_of(h, 6);
    // No match reaches farther back than the content goes.
    options.dict_size = lzma2::shrink(h.dictionary, h.size.value_or(limit));
    if (options.dict_size > cx.limits.memory) return cx.limit("memory");
    if (h.size) {
        options.ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
        lzma_set_ext_size(options, *h.size);
    }
    const lzma_filter filters[] = {{h.size ? LZMA_FILTER_LZMA1EXT : LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    Coder coder;
    if (auto ret = lzma_raw_decoder(&coder.stream, filters); ret == LZMA_MEM_ERROR)
        return cx.limit("memory");
    else if (ret != LZMA_OK)
        return fail(Error::Kind::Unsupported, "LZMA that liblzma " LZMA_VERSION_STRING " does not have");
    Decoded out{};
    auto ret = TRY(lzma2::run_decoder(coder.stream, in, limit, out.content, cx));
    out.used = in.size() - coder.stream.avail_in;
    switch (ret) {
        case LZMA_STREAM_END: return out;
        case LZMA_OK: return damaged("holds more than it may");
        case LZMA_MEM_ERROR: return cx.limit("memory");
        // Some encoders leave out those of the last bytes that no symbol needs.
        case LZMA_BUF_ERROR:
            return h.size && out.content.size() == *h.size ? Result<Decoded>(std::move(out)) : damaged("ends before its end");
        default: return damaged("does not decode");
    }
}

Result<Decoded> decode(ByteView in, u64 limit, Context& cx) {
    auto h = read_header(in);
    if (!h) return damaged("has no header");
    auto out = TRY(decode_raw(in.subspan(kHeader), *h, limit, cx));
    out.used += kHeader;
    return out;
}

Result<Bytes> encode_raw(ByteView content, const Header& h, const Params& p, Context& cx) {
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    auto options = options_of(h, p.preset);
    if (p.nice) options.nice_len = p.nice;
    if (p.marker) options.ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA1EXT, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    if (auto needed = lzma_raw_encoder_memusage(filters); needed != ~u64{0} && needed / 2 > cx.limits.memory) return cx.limit("memory");
    Coder coder;
    auto& s = coder.stream;
    if (auto ret = lzma_raw_encoder(&s, filters); ret == LZMA_MEM_ERROR)
        return cx.limit("memory");
    else if (ret != LZMA_OK)
        return fail(Error::Kind::Unsupported, "LZMA parameters that liblzma " LZMA_VERSION_STRING " does not have");
    Bytes out(content.size() + content.size() / 3 + 128);  // as liblzma's own estimate for LZMA2, and then some
    s.next_in = content.data();
    s.avail_in = content.size();
    for (u64 made = 0;; out.resize(2 * out.size())) {
        s.next_out = out.data() + made;
        s.avail_out = out.size() - made;
        auto ret = lzma_code(&s, LZMA_FINISH);
        made = out.size() - s.avail_out;
        if (ret == LZMA_STREAM_END) {
            out.resize(made);
            return out;
        }
        if (ret == LZMA_MEM_ERROR) return cx.limit("memory");
        if (ret != LZMA_OK) return fail(Error::Kind::Unsupported, "LZMA does not encode this");
    }
}

Result<Bytes> encode(ByteView content, const Header& h, const Params& p, Context& cx) {
    auto out = write_header(h), stream = TRY(encode_raw(content, h, p, cx));
    out.insert(out.end(), stream.begin(), stream.end());
    return out;
}

}  // namespace fieldstrip::lzma_alone
