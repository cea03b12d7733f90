// Source: Linux, scripts/Makefile.lib (size_append), arch/arm/boot/compressed/head.S (.Linflated_size_offset),
// arch/x86/boot/compressed/mkpiggy.c.
#include "codecs/kernel_payload.h"

namespace fieldstrip::kernel_payload {
void note(Walk& w, u64 size, std::string_view kind, Context& cx) {
    if (kind == "gzip" || kind.empty() || size < 4 || w.left() < size) {
        w.part("payload", size).fit(kind == "gzip" ? Piece::Fit::Exact : Piece::Fit::Fixed);
        return;
    }
    const u64 place = size - 4, stream = kernel_stream::without_zeros(w.ahead().first(place), kind, cx);
    w.part("payload", stream);
    w.slack("payload_free", place - stream);
    w.endian(Endian::Little);
    w.u32("payload_size").is(digest_of(kernel_stream::decoded_size, {"payload"}));
}

}  // namespace fieldstrip::kernel_payload
