// Names of the numbers in ELF files. Source: System V gABI; registry of e_machine values; Linux, include/uapi/linux/elf.h and elf-em.h.
#pragma once
#include "model/layout.h"

namespace fieldstrip::elf {

extern const Names kMachines, kTypes, kSystems, kSegmentTypes, kSectionTypes, kAccess;

}  // namespace fieldstrip::elf
