// NAME.toml: the settable fields of a node, for people to change.
#pragma once
#include "engine/manifest.h"

namespace fieldstrip {

/// The text of the file: settable fields as keys with comments, derived ones as comments. Empty where nothing is settable. Fills `fields`
/// with all of them as shown.
std::string fields_file(const Item&, ByteView bytes, std::string_view title, std::vector<std::pair<std::string, std::string>>& fields,
                        std::vector<std::string>& settable);
/// What differs from the fields as they were. A derived value that changed and an unknown key are refused (but where the layout makes
/// new fields); a key that is gone is unchanged.
Result<std::vector<std::pair<std::string, std::string>>> changed_fields(std::string_view toml,
                                                                        const std::vector<std::pair<std::string, std::string>>& were,
                                                                        std::string_view path);

}  // namespace fieldstrip
