// Partition tables as the kernel's command line writes them: "256k(boot),2M(kernel),-(rootfs)". Source: Linux,
// drivers/mtd/parsers/cmdlinepart.c.
#pragma once
#include "base/base.h"

namespace fieldstrip {

struct Partition {
    std::string name;
    Extent extent;
};
/// `-` takes what is left of `size`; "mtdparts=", an id before ':' and the flags ro, lk are allowed. Partitions past the end are refused.
Result<std::vector<Partition>> parse_parts(std::string_view, u64 size);
/// Where partitions begin and end inside of the image, ascending.
std::vector<u64> borders_of(std::span<const Partition>, u64 size);

}  // namespace fieldstrip
