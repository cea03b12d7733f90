// What bytes that have no structure say of themselves: the line by which a kernel or a boot loader names itself.
#pragma once
#include "base/base.h"

namespace fieldstrip {

struct Banner {
    Extent where;
    std::string_view text;  // printable, in one line
};
/// The first one in `bytes`: "Linux version 6.1.0 (…) …", "U-Boot 2022.01 (…)". 5 GB/s.
std::optional<Banner> banner_in(ByteView bytes);

}  // namespace fieldstrip
