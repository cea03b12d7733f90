// Nodes, findings and checks as JSON (schema/).
#pragma once
#include "cli/command.h"
#include "engine/verifier.h"

namespace fieldstrip::cli {

/// A node with all its fields but `children`; the object stays open.
void json_node(JsonWriter&, Node&, Context&);
/// Returns whether one of them is an error.
bool json_findings(JsonWriter&, const std::vector<Said>&);
/// Of the node, or of the entry that the check is of.
std::string path_of(const NodeCheck&);
void json_check(JsonWriter&, const NodeCheck&);
std::string_view kind_name(Node::Kind);
std::string_view severity_name(Severity);
std::string_view outcome_name(Check::Outcome);
/// A value as the contract shows it: 0x… for up to 8 bytes, else hex.
std::string check_value(ByteView);
/// One line about a node, for people.
std::string label_of(Node&, Context&);

}  // namespace fieldstrip::cli
