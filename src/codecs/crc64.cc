#include "codecs/crc64.h"

#include <lzma.h>

namespace fieldstrip {

u64 crc64(ByteView v, u64 so_far) { return lzma_crc64(v.data(), v.size(), so_far); }

}  // namespace fieldstrip
