#include "engine/registry.h"

namespace fieldstrip {

const Format* find_format(std::string_view id) {
    for (auto* f : registry())
        if (f->id == id) return f;
    return nullptr;
}

}  // namespace fieldstrip
