// Source: lzma/lzma12.h of XZ Utils 5.4.
#include "codecs/lzma_marked.h"

#include <lzma.h>

#include <new>

namespace fieldstrip::lzma_marked {

Result<Read> read(ByteView in, u32 dictionary, const std::function<bool(ByteView)>& take, Context& cx) {
    // What asks for more memory than there is, is noise as a rule, and refused within a few bytes; else what there is may do.
    const u32 given = u32(std::min<u64>(dictionary, cx.limits.memory));
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    lzma_options_lzma options{};
    options.dict_size = std::max<u32>(given, LZMA_DICT_SIZE_MIN);
    options.lc = 3, options.lp = 0, options.pb = 2;
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    struct Coder {
        lzma_stream s = LZMA_STREAM_INIT;
        ~Coder() { lzma_end(&s); }
    } coder;
    auto& s = coder.s;
    if (lzma_raw_decoder(&s, filters) != LZMA_OK) throw std::bad_alloc();
    Read out;
    Bytes block(1 << 16);
    s.next_in = in.data(), s.avail_in = in.size();
    for (auto rc = LZMA_OK; rc == LZMA_OK;) {
        s.next_out = block.data(), s.avail_out = block.size();
        rc = lzma_code(&s, LZMA_RUN);
        u64 n = block.size() - s.avail_out;
        out.used = in.size() - s.avail_in, out.made += n;
        TRY_VOID(cx.spend(&Limits::decoded, n));
        if (n && !take(ByteView(block).first(n))) return out.end = Read::End::Stopped, out;
        if (rc == LZMA_MEM_ERROR) throw std::bad_alloc();
        if (rc == LZMA_STREAM_END) out.end = Read::End::Whole;
        if (rc == LZMA_BUF_ERROR || (rc == LZMA_OK && !s.avail_in && s.avail_out)) return out.end = Read::End::Cut, out;
    }
    if (out.end == Read::End::Wrong && given < dictionary && out.made >= given)
        return cx.limit("memory");  // a match from beyond it, perhaps
    return out;
}

}  // namespace fieldstrip::lzma_marked
