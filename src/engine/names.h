// Names of an image as names of a host's files, and back.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// `%XX` for what a host can't take or a reader could be tricked by: bytes below 0x20, 0x7f, what is no UTF-8, '/', "." and ".." as whole
/// names, and '%' before two hex digits. One longer than 255 bytes is cut to 200 and "%~" with 16 hex digits of its sha256.
std::string host_name(std::string_view name);

}  // namespace fieldstrip
