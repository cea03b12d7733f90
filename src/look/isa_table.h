// The weights of isa.cc, as tests/look/isa_learn.cc found them.
#pragma once
#include "look/isa_features.h"

namespace fieldstrip {

/// Names of classes; those that are no code begin with '-'.
extern const std::span<const std::string_view> kIsaNames;
/// kIsaFeatures rows of a weight for each class, then one row that is added whatever the block holds. A character is a weight: its code
/// less 35, '?' and '\' left out, less 45, in units of kIsaUnit.
extern const std::span<const std::string_view> kIsaRows;
extern const float kIsaUnit, kIsaBiasUnit;

}  // namespace fieldstrip
