#include "look/hints.h"

namespace fieldstrip {

std::string_view name_of(Hint::Kind kind) {
    switch (kind) {
        case Hint::Kind::Xor: return "xor";
        case Hint::Kind::Swapped: return "swapped";
        case Hint::Kind::Base: return "base";
    }
    return "";
}

std::vector<Hint> hints_for(ByteView, const Likeness&) { return {}; }

}  // namespace fieldstrip
