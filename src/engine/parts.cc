#include "engine/parts.h"

#include "base/text.h"

namespace fieldstrip {

Result<std::vector<Partition>> parse_parts(std::string_view text, u64 size) {
    auto bad = [&](std::string_view what, const std::string& why) {
        return fail(Error::Kind::Unsupported, "--parts: '" + std::string(what) + "' " + why);
    };
    if (text.starts_with("mtdparts=")) text.remove_prefix(9);
    if (auto semicolon = text.find(';'); semicolon != text.npos) return bad(text, "names several chips: give the part of one");
    if (auto colon = text.find(':'); colon != text.npos) text.remove_prefix(colon + 1);
    std::vector<Partition> out;
    u64 at = 0;
    while (!text.empty()) {
        auto comma = text.find(',');
        auto one = text.substr(0, comma);
        text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
        auto rest = one;
        auto number = rest.substr(0, rest.find_first_of("@(rl"));
        rest.remove_prefix(number.size());
        bool takes_rest = number == "-";
        auto bytes = parse_size(number);
        if (!takes_rest && (!bytes || !*bytes)) return bad(one, "has no size: 256k, 2M, 0x10000 or -");
        if (rest.starts_with('@')) {
            auto word = rest.substr(1, rest.find_first_of("(rl") - 1);
            auto offset = parse_size(word);
            if (!offset) return bad(one, "has an offset that is no number");
            at = *offset;
            rest.remove_prefix(1 + word.size());
        }
        Partition p{.extent = {at, 0}};
        if (rest.starts_with('(')) {
            auto close = rest.find(')');
            if (close == rest.npos) return bad(one, "has no ')'");
            p.name = rest.substr(1, close - 1);
            rest.remove_prefix(close + 1);
        }
        if (!rest.empty() && rest != "ro" && rest != "lk" && rest != "rolk") return bad(one, "ends with what is no flag");
        if (at > size || (!takes_rest && *bytes > size - at))
            return bad(one, "ends behind the image of " + std::to_string(size) + " bytes");
        p.extent.size = takes_rest ? size - at : *bytes;
        at = p.extent.end();
        out.push_back(std::move(p));
    }
    if (out.empty()) return bad("", "names no partition");
    return out;
}

std::vector<u64> borders_of(std::span<const Partition> parts, u64 size) {
    std::vector<u64> out;
    for (auto& p : parts)
        for (u64 b : {p.extent.offset, p.extent.end()})
            if (b && b < size) out.push_back(b);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace fieldstrip
