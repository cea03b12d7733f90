// libdeflate's decoder, one for each thread: it takes 11 KB, and begins anew with each stream.
// Source: libdeflate.h.
#pragma once
#include <libdeflate.h>

#include <memory>
#include <new>

namespace fieldstrip::deflate {

inline libdeflate_decompressor* decoder_of_thread() {
    static thread_local const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decoder(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    if (!decoder) throw std::bad_alloc();
    return decoder.get();
}

}  // namespace fieldstrip::deflate
