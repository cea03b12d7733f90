#pragma once
#include "formats/tar/describe.h"

namespace fieldstrip::tar {

/// One described for each member.
Style style_of(ByteView space, std::span<const Member>, std::span<const Described>);

}  // namespace fieldstrip::tar
