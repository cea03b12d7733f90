// Whether a block reads as text: ASCII, UTF-8, UTF-16.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// The share of its bytes that are text, 0 … 1; 0 where the rest speaks against it: too few letters, too many zeros.
double text_share(ByteView block);

}  // namespace fieldstrip
