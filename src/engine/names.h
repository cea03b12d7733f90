// Names of an image as names of a host's files, and back.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// `%XX` for what a host can't take or a reader could be tricked by: bytes below 0x20, 0x7f, what is no UTF-8, '/', "." and ".." as whole
/// names, and '%' before two hex digits. One longer than 255 bytes is cut to 200 and "%~" with 16 hex digits of its sha256.
std::string host_name(std::string_view name);
/// The same for names that are taken on the host: its first `letters` + 1 bytes as %XX, and where that is not enough its digest.
std::string other_host_name(std::string_view name, unsigned letters);
/// What a name on the host stands for: %XX is decoded, any other '%' stands for itself.
std::string image_name(std::string_view host);
/// The host's path of an image's path, and back.
std::string host_path(std::string_view path);
std::string image_path(std::string_view host);
/// The names in a path of an image, such that they can be put together with '/' again: "/etc//x" is "/etc" and "/x".
std::vector<std::string_view> names_in(std::string_view path);
/// The first of them, which is taken from the path.
std::string_view take_name(std::string_view& path);

/// The folder that a path of the host lies in: "." or "/" at the least.
std::string folder_of(const std::string& path);
/// Whether a relative path of the host names something below where it begins, whatever lies there: no empty name, no "." and no "..".
bool stays_below(std::string_view path);

}  // namespace fieldstrip
