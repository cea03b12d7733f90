// What a node, a check, an entry is called, for people: the same words in text, JSON and the page.
#pragma once
#include "engine/verifier.h"

namespace fieldstrip {

/// "region", "part", "content", "entry"
std::string_view kind_name(Node::Kind);
std::string_view severity_name(Severity);
std::string_view outcome_name(Check::Outcome);
/// A value as the contract shows it: 0x… for up to 8 bytes, else hex.
std::string check_value(ByteView);
/// One line about a node.
std::string label_of(Node&, Context&);

/// A field of a layout, or some bits of one.
struct ShownField {
    std::string name, value;
    Extent extent;  // in the node's bytes
    bool settable;
    std::string rule;  // "crc32 of magic to name"; "": not derived
};
/// All of a layout over these bytes.
std::vector<ShownField> fields_of(const Layout&, ByteView);

/// Inside of a kernel there are thousands of runs that nobody owns: of more than so many in a row one line tells.
constexpr size_t kFolded = 8;
/// How many regions from the i-th on no format owns.
size_t nobodys(std::span<const std::unique_ptr<Node>>, size_t i, Context&);

/// "0644"
std::string mode_octal(u32 mode);
/// "-rwsr-xr-x"
std::string mode_letters(const Entry&);

}  // namespace fieldstrip
