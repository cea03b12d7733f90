// A difference of two images, printed: text for people, JSON (schema/diff.json).
#pragma once
#include "cli/command.h"
#include "look/differ.h"

namespace fieldstrip::cli {

void diff_as_text(const Difference&, const Options&);
void diff_as_json(const Difference&, const Options&, bool complete);

}  // namespace fieldstrip::cli
