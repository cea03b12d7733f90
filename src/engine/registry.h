// All formats there are.
#pragma once
#include "model/format.h"

namespace fieldstrip {

struct Windows;

/// In the order of their names. Made by the build from the folders in formats/.
std::span<const Format* const> registry();
/// How the magics of all of them are looked for (engine/windows.h). Made by the build too.
const Windows& registry_windows();
/// Null where there is none of that name.
const Format* find_format(std::string_view id);

}  // namespace fieldstrip
