// Paths that people give: to a node, or to an entry of a file system.
#pragma once
#include "engine/tree.h"

namespace fieldstrip {

/// As Node::walk from the root of an image. "//etc/passwd" is that entry where exactly one file system in the image has it (not looked for
/// inside of files).
Result<Node*> walk_image(Node& root, std::string_view path, std::string& rest, Context&);
/// As Node::find, from the root of an image.
Result<Node*> find_in_image(Node& root, std::string_view path, Context&);

}  // namespace fieldstrip
