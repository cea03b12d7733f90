// What `scan --entropy` adds to a line of the map: a curve of the entropy, and what bytes that no format owns look like.
#pragma once
#include "cli/command.h"

namespace fieldstrip::cli {

constexpr size_t kEntropyColumn = 24;

/// The curve as blocks of eight heights, and the entropy of all of it, in bits a byte; kEntropyColumn wide.
std::string entropy_column(Node&, Context&);
/// Of a run of its bytes.
std::string entropy_column(Node&, Extent, Context&);
/// Behind a label, after a comma where there is one: what it looks like; "" where a format says what it is. `hints` gets lines on how it
/// might be read: a key, another order of bytes, an address.
std::string likeness_words(Node&, std::vector<std::string>& hints, Context&, bool comma);
/// Keys of an open object: entropy, entropy_curve, and of what no format owns likeness and hints.
void json_entropy(JsonWriter&, Node&, Context&);

}  // namespace fieldstrip::cli
