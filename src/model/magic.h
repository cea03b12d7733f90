// The bytes by which a format is found. A format's lie in its folder's magics.h and not in its code: so the build knows all of them at once
// and chooses how they are looked for (engine/plan.h).
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// A byte pattern, so many bytes behind where the format begins: two bytes at least, not all the same.
struct Magic {
    std::string_view bytes;
    u32 offset = 0;
};

}  // namespace fieldstrip
