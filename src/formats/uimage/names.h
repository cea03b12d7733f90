// The codes of U-Boot's legacy header by the short names that mkimage takes. Source: U-Boot, boot/image.c (uimage_os, uimage_arch,
// uimage_type, uimage_comp).
#pragma once
#include "model/layout.h"

namespace fieldstrip::uimage {

extern const Names kSystems, kMachines, kTypes, kCompressions;
/// The format that a compression says the data to be, by our names.
extern const Names kFormats;

}  // namespace fieldstrip::uimage
