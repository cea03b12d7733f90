// All formats there are.
#pragma once
#include "model/format.h"

namespace fieldstrip {

/// In the order of their names. Made by the build from the folders in formats/.
std::span<const Format* const> registry();
/// Null where there is none of that name.
const Format* find_format(std::string_view id);

}  // namespace fieldstrip
