// LZO1X in blocks without a header, as squashfs, JFFS2 and U-Boot hold it. The library is under the GPL: built with FIELDSTRIP_LZO=OFF, a
// program has none of it, and both functions answer Unsupported.
#pragma once
#include "model/context.h"

namespace fieldstrip::lzo {

/// liblzo2's compressors; they differ in the memory they look back into, and in how long they search.
enum class Algorithm : u8 {
    Lzo1x_1,
    Lzo1x_1_11,
    Lzo1x_1_12,
    Lzo1x_1_15,
    Lzo1x_999
};
constexpr unsigned kAlgorithms = 5;
/// "lzo1x_1_11", and back.
std::string_view name_of(Algorithm);
std::optional<Algorithm> algorithm_of(std::string_view name);

struct Params {
    Algorithm algorithm = Algorithm::Lzo1x_999;
    int level = 8;          // 1 … 9, of lzo1x_999 alone
    bool optimize = false;  // lzo1x_optimize goes over it: another stream of the same length, faster to decode
    bool operator==(const Params&) const = default;
};

/// False where this program was built without it.
bool available();
/// At most `limit` bytes. Damaged: it is no LZO1X, does not end with `in`, or holds more. Spends `decoded`.
Result<Bytes> decode(ByteView in, u64 limit, Context&);
/// Unsupported: a level that there is not.
Result<Bytes> encode(ByteView in, const Params&, Context&);

}  // namespace fieldstrip::lzo
