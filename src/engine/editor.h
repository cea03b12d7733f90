// Operations of `edit`, and differences of a folder, as changes of nodes.
#pragma once
#include "engine/rebuild.h"

namespace fieldstrip {

/// "--set PATH.FIELD=VALUE": FIELD is what remains behind the longest path and a dot, VALUE what follows the first '=' behind it.
Result<void> set_field(Node& root, std::string_view assignment, Changes&, Context&);
/// New bytes for the node at `path`: encoded ones, or the content of a content.
Result<void> replace(Node& root, std::string_view path, Rope bytes, Changes&, Context&);
/// Refuses changes that lie one in the other (a node and what is in it), or both fields and bytes of one node.
Result<void> check_conflicts(const Changes&);

}  // namespace fieldstrip
