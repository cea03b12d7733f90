#include "look/hints.h"

#include "look/base_address.h"
#include "look/swapped.h"
#include "look/xor.h"

namespace fieldstrip {

std::string_view name_of(Hint::Kind kind) {
    switch (kind) {
        case Hint::Kind::Xor: return "xor";
        case Hint::Kind::Swapped: return "swapped";
        case Hint::Kind::Base: return "base";
    }
    return "";
}

std::vector<Hint> hints_for(ByteView bytes, const Likeness& l) {
    std::vector<Hint> out;
    auto add = [&](std::optional<Hint> h) {
        if (h) out.push_back(std::move(*h));
    };
    using Kind = Likeness::Kind;
    if (l.kind != Kind::Text && l.kind != Kind::Code && l.kind != Kind::Filler) add(xor_hint(bytes));
    add(swapped_hint(bytes, l));
    add(base_hint(bytes, l));
    return out;
}

}  // namespace fieldstrip
