#include "codecs/lzma1.h"

#include <lzma.h>

#include <new>

namespace fieldstrip::lzma1 {

bool decode(ByteView in, const Props& p, std::span<u8> out) {
    lzma_options_lzma options{};
    options.dict_size = std::max<u32>(p.dict, LZMA_DICT_SIZE_MIN);
    options.lc = p.lc, options.lp = p.lp, options.pb = p.pb;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    lzma_stream s = LZMA_STREAM_INIT;
    auto rc = lzma_raw_decoder(&s, filters);
    if (rc == LZMA_MEM_ERROR) throw std::bad_alloc();
    s.next_in = in.data(), s.avail_in = in.size();
    s.next_out = out.data(), s.avail_out = out.size();
    while (rc == LZMA_OK && s.avail_out) {
        auto before = s.avail_out + s.avail_in;
        rc = lzma_code(&s, LZMA_RUN);
        if (s.avail_out + s.avail_in == before) break;
    }
    bool all = !s.avail_out && (rc == LZMA_OK || rc == LZMA_STREAM_END);
    lzma_end(&s);
    return all;
}

}  // namespace fieldstrip::lzma1
