// Names of the numbers in PE files. Source: Microsoft, PE Format (Machine Types, Windows Subsystem, Optional Header Data Directories).
#pragma once
#include "model/layout.h"

namespace fieldstrip::pe {

extern const Names kMachines, kSubsystems, kKinds, kRevisions;
extern const std::span<const std::string_view> kDirectories;  // by their place

}  // namespace fieldstrip::pe
