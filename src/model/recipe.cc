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

std::string Recipe::line() const {
    std::string out;
    for (auto& [name, value] : values_) append(out, name, value);
    return out;
}

void Recipe::append(std::string& line, std::string_view name, std::string_view value) {
    line.append(line.empty() ? "" : " ").append(name).append("=").append(value);
}

Recipe Recipe::of_line(std::string_view line) {
    Recipe out;
    while (!line.empty()) {
        auto word = line.substr(0, line.find(' '));
        line.remove_prefix(std::min(line.size(), word.size() + 1));
        auto equals = word.find('=');
        if (equals != word.npos) out.set(std::string(word.substr(0, equals)), std::string(word.substr(equals + 1)));
    }
    return out;
}

}  // namespace fieldstrip
