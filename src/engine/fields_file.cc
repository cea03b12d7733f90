#include "engine/fields_file.h"

// toml++ 3.3 asserts what input can deny (a table's name that begins with '+'): here that is an exception.
#undef NDEBUG  // which would leave them out
#define TOML_ASSERT(expr) ((expr) ? void() : throw std::logic_error("TOML"))
#include <toml++/toml.h>

#include "base/text.h"

namespace fieldstrip {
namespace {

constexpr std::string_view kDerived = "derived:";  // before the names of derived fields in a record
constexpr std::string_view kMore = "more:";        // in a record whose layout makes new fields: what it calls one

/// A value as TOML: a number as it is, anything else a string that needs no escapes of its own.
std::string quoted(std::string_view value, bool number) {
    if (number) return std::string(value);
    if (value.find('\'') == value.npos) return '\'' + std::string(value) + '\'';
    std::string out = "\"";
    for (char c : value) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return out + '"';
}

std::string key_of(std::string_view name) {
    bool bare = std::all_of(name.begin(), name.end(), [](char c) { return std::isalnum(u8(c)) || c == '_' || c == '-'; });
    return bare && !name.empty() ? std::string(name) : quoted(name, false);
}

/// Big numbers stay text: TOML's are signed.
bool as_number(const Piece& p, std::string_view value) {
    auto v = p.kind == Piece::Kind::Number ? parse_number(value) : std::nullopt;
    return v && *v <= u64(INT64_MAX);
}

/// The line in which something beyond ASCII stands outside of quotes and comments. toml++ 3.3 asks of each such character whether it is a
/// blank, and for some ("ê") runs into what its authors held to be unreachable.
std::optional<u64> stray_line(std::string_view text) {
    u64 line = 1;
    auto next = [&, i = size_t{0}](size_t n) mutable {
        for (; n && i < text.size(); n--) line += text[i++] == '\n';
        return text.substr(i);
    };
    for (auto rest = next(0); !rest.empty();) {
        const char c = rest[0];
        if (c == '#') {
            rest = next(std::min(rest.find('\n'), rest.size()));
        } else if (c == '"' || c == '\'') {
            const std::string_view three = c == '"' ? "\"\"\"" : "'''", mark = three.substr(0, rest.starts_with(three) ? 3 : 1);
            rest = next(mark.size());
            while (!rest.empty() && !rest.starts_with(mark) && (mark.size() == 3 || rest[0] != '\n'))
                rest = next(c == '"' && rest[0] == '\\' ? 2 : 1);
            rest = next(mark.size());
        } else if (u8(c) >= 0x80) {
            return line;
        } else {
            rest = next(1);
        }
    }
    return {};
}

void append(std::string& to, const auto&... pieces) { ((to += pieces), ...); }

std::string names_of(const Names* names) {
    constexpr size_t kLong = 100;
    std::string out;
    if (!names) return out;
    for (auto& [v, name] : *names) {
        append(out, out.empty() ? "" : ", ", name);
        if (out.size() > kLong) break;
    }
    return out.size() > kLong ? out.substr(0, out.rfind(',', kLong)) + ", …" : out;
}

}  // namespace

std::string fields_file(const Item& item, ByteView all, std::string_view title, std::vector<std::pair<std::string, std::string>>& fields,
                        std::vector<std::string>& settable) {
    std::string keys, derived;
    for (auto& p : item.layout.pieces) {
        if (!p.is_field() || p.name.empty()) continue;
        auto bytes = all.subspan(p.extent.offset, p.extent.size);
        auto value = show(p, bytes);
        if (p.rule) {
            append(derived, "# ", p.name, " = ", value, "    (", words_of(*p.rule), ")\n");
            fields.emplace_back(std::string(kDerived) + p.name, std::move(value));
        } else {
            std::string comment;
            if (p.show == Piece::Show::Time)
                if (auto t = parse_number(value)) comment = utc_time(i64(*t));
            if (p.kind == Piece::Kind::Text && p.fit == Piece::Fit::Fixed) comment = "at most " + std::to_string(p.extent.size) + " bytes";
            if (p.names) comment = names_of(p.names);
            append(keys, key_of(p.name), " = ", quoted(value, as_number(p, value)), comment.empty() ? "" : "    # ", comment, "\n");
            fields.emplace_back(p.name, std::move(value));
            settable.push_back(p.name);
        }
        for (auto& b : p.bits) {
            auto name = p.name + '.' + std::string(b.name);
            auto bit = show_bits(p, b, bytes);
            append(keys, key_of(name), " = ", quoted(bit, parse_number(bit).has_value()), "\n");
            fields.emplace_back(name, bit);
            settable.push_back(name);
        }
    }
    auto& more = item.layout.more;
    if (more) fields.emplace_back(kMore, more->what);
    if (keys.empty() && !more) return "";
    auto out = "# " + escape(title) + ": " + item.label +
               "\n# Change a value, then `fieldstrip repack`. A line that is gone leaves its field as it was.\n" +
               (more ? "# A new line makes a new " + std::string(more->what) + "; one that is set to '' is removed.\n" : "") + "\n" + keys;
    return out + (derived.empty() ? "" : "\n# These follow from the rest and are set by themselves:\n" + derived);
}

Result<std::vector<std::pair<std::string, std::string>>> changed_fields(std::string_view text,
                                                                        const std::vector<std::pair<std::string, std::string>>& were,
                                                                        std::string_view path) {
    auto refused = [&](const std::string& why) { return fail(Error::Kind::Unsupported, std::string(path) + ": " + why); };
    std::map<std::string_view, const std::string*> by_name;  // the first of a name
    for (auto& [name, value] : were) by_name.emplace(name, &value);
    auto was_of = [&](std::string_view name) -> const std::string* {
        auto w = by_name.find(name);
        return w == by_name.end() ? nullptr : w->second;
    };
    const bool more = was_of(kMore);
    const std::string nothing;
    std::vector<std::pair<std::string, std::string>> out;
    if (auto line = stray_line(text)) return refused("line " + std::to_string(*line) + ": what is not ASCII stands in quotes");
    try {
        auto table = toml::parse(text);
        for (auto& [k, node] : table) {
            std::string name(k.str()), value;
            auto *was = was_of(name), *derived = was_of(std::string(kDerived) + name);
            if (!was && !derived && !more) return refused("unknown key '" + name + "'");
            auto& old = was ? *was : derived ? *derived : nothing;
            bool same;
            if (auto* number = node.as_integer()) {
                if (number->get() < 0 && !more) return refused("'" + name + "' is negative");
                bool in_hex = old.starts_with("0x") ||
                              (more && (number->flags() & toml::value_flags::format_as_hexadecimal) != toml::value_flags::none);
                value = in_hex ? hex_number(u64(number->get())) : std::to_string(number->get());
                same = number->get() < 0 ? value == old : parse_number(old) == u64(number->get());
            } else if (auto* string = node.as_string()) {
                value = string->get();
                same = value == old;
            } else {
                return refused("'" + name + "' is neither a number nor a text");
            }
            if (same) continue;
            if (derived && !was) return refused("'" + name + "' is derived and can't be set");
            out.emplace_back(name, value);
        }
    } catch (const toml::parse_error& e) {
        return refused("line " + std::to_string(e.source().begin.line) + ": " + std::string(e.description()));
    } catch (const std::logic_error&) {
        return refused("is no TOML that can be read");
    }
    return out;
}

}  // namespace fieldstrip
