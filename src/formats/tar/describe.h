// One member as an entry, and what must be kept of it.
#pragma once
#include "formats/tar/head.h"

namespace fieldstrip::tar {

struct Described {
    Entry entry;
    Keep keep;
    std::string name;  // as it is spelled
    std::string link;  // of a link
};
Described describe(ByteView space, const Member&, const Globals&);

}  // namespace fieldstrip::tar
