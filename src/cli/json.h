// Nodes, findings and checks as JSON (schema/).
#pragma once
#include "cli/command.h"
#include "engine/words.h"

namespace fieldstrip::cli {

/// A node with all its fields but `children`; the object stays open.
void json_node(JsonWriter&, Node&, Context&);
/// Returns whether one of them is an error.
bool json_findings(JsonWriter&, const std::vector<Said>&);
/// Of the node, or of the entry that the check is of.
std::string path_of(const NodeCheck&);
void json_check(JsonWriter&, const NodeCheck&);

}  // namespace fieldstrip::cli
