// Package databases: dpkg, opkg (ipkg) and apk; and what a distribution says of itself.
#pragma once
#include "look/finds.h"

namespace fieldstrip {

/// By the file's place: nothing where it is no database.
void find_packages(const Space&, Found&);

}  // namespace fieldstrip
