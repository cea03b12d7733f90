// A first look at what may be a bare LZMA stream: what is none mostly shows it within some symbols.
#pragma once
#include "codecs/lzma_reader.h"

namespace fieldstrip::lzma_reader {

constexpr u64 kLook = 256;  // bytes, at most
/// False only where Reader::read() would say Wrong within the first kLook bytes of `in`. Counts no proof and spends nothing; from any
/// thread.
bool may_go_on(ByteView in, const Shape&);

}  // namespace fieldstrip::lzma_reader
