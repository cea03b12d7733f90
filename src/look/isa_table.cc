#include "look/isa_table.h"
namespace fieldstrip {
static constexpr std::string_view kNames[] = {"-none"};
const std::span<const std::string_view> kIsaNames = kNames, kIsaRows = {};
const float kIsaUnit = 1, kIsaBiasUnit = 1;
}  // namespace fieldstrip
