#include "model/recipe.h"

#include "base/text.h"

namespace fieldstrip {

const std::string* Recipe::find(std::string_view name) const {
    for (auto& [n, value] : values_)
        if (n == name) return &value;
    return nullptr;
}

void Recipe::set(std::string name, std::string value) {
    for (auto& [n, old] : values_) {
        if (n != name) continue;
        old = std::move(value);
        return;
    }
    values_.emplace_back(std::move(name), std::move(value));
}

std::string_view Recipe::text(std::string_view name) const {
    auto* v = find(name);
    return v ? std::string_view(*v) : std::string_view();
}

Result<u64> Recipe::number(std::string_view name) const {
    auto v = parse_number(text(name));
    if (!v) return fail(Error::Kind::Damaged, "the recipe has no number '" + std::string(name) + "'");
    return *v;
}

}  // namespace fieldstrip
