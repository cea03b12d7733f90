// Where a boot stub holds the compressed kernel: a place that can't grow, as the stub is linked to what lies behind it.
#pragma once
#include "codecs/kernel_stream.h"
#include "model/walk.h"

namespace fieldstrip::kernel_payload {

/// Notes the place of `size` bytes at w.here(): `payload`; where its format does not end with the size of what it holds, what is free
/// (`payload_free`) and that size (`payload_size`, u32, little-endian), which the stub reads at the place's end. A gzip stream, which does,
/// fills its place to the end. `kind` as kernel_stream::kind_of says; "" where it is none of them. May decode, where a shorter stream was
/// put there.
void note(Walk& w, u64 size, std::string_view kind, Context&);

}  // namespace fieldstrip::kernel_payload
