// The bytes by which zlib is found.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

/// Each window with each of four levels; the sum of both bytes is a multiple of 31.
inline constexpr Magic zlib[] = {
    {"\x78\x9C"}, {"\x78\xDA"}, {"\x78\x01"}, {"\x78\x5E"}, {"\x68\x05"}, {"\x68\x43"}, {"\x68\x81"}, {"\x68\xDE"},
    {"\x58\x09"}, {"\x58\x47"}, {"\x58\x85"}, {"\x58\xC3"}, {"\x48\x0D"}, {"\x48\x4B"}, {"\x48\x89"}, {"\x48\xC7"},
    {"\x38\x11"}, {"\x38\x4F"}, {"\x38\x8D"}, {"\x38\xCB"}, {"\x28\x15"}, {"\x28\x53"}, {"\x28\x91"}, {"\x28\xCF"},
    {"\x18\x19"}, {"\x18\x57"}, {"\x18\x95"}, {"\x18\xD3"}, {"\x08\x1D"}, {"\x08\x5B"}, {"\x08\x99"}, {"\x08\xD7"},
};

}  // namespace fieldstrip::magics
