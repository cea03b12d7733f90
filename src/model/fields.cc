// Values of fields as text and back: one way for --set, the .toml and info.
#include "base/text.h"
#include "model/layout.h"

namespace fieldstrip {
namespace {

std::string show_number(u64 v, const Names* names, Piece::Show how) {
    if (names)
        if (auto n = names->find(v); n != names->end()) return std::string(n->second);
    return how == Piece::Show::Hex ? hex_number(v) : std::to_string(v);
}

std::unexpected<Error> bad(std::string_view field, std::string_view text, const std::string& why) {
    return fail(Error::Kind::Unsupported, "'" + std::string(field) + "': '" + escape(text) + "' " + why);
}

Result<u64> parse_value(std::string_view field, std::string_view text, const Names* names) {
    if (names)
        for (auto& [value, name] : *names)
            if (name == text) return value;
    auto v = parse_number(text);
    if (!v) return bad(field, text, names ? "is no number and no name that is known here" : "is no number");
    return *v;
}

Result<Bytes> parse_text(const Piece& p, std::string_view text) {
    auto plain = unescape(text);
    if (!plain) return bad(p.name, text, "has a backslash before something that is neither xNN nor another backslash");
    Bytes out(plain->begin(), plain->end());
    if (p.fit == Piece::Fit::Terminated) {
        if (std::find(out.begin(), out.end(), 0) != out.end()) return bad(p.name, text, "has a NUL inside, which would end it");
        if (out.empty() && !p.prefix.empty()) return out;
        out.insert(out.begin(), p.prefix.begin(), p.prefix.end());
        out.push_back(0);
    } else if (p.fit == Piece::Fit::Fixed) {
        if (out.size() > p.extent.size) return too_big("'" + p.name + "'", out.size(), p.extent.size);
        out.resize(p.extent.size, p.filler);
    }
    return out;
}

}  // namespace

std::string show(const Piece& p, ByteView b) {
    if (p.kind == Piece::Kind::Number) return show_number(load(b, unsigned(b.size()), p.endian), p.names, p.show);
    if (p.kind != Piece::Kind::Text) return hex(b);
    auto text = as_text(b);
    text.remove_prefix(std::min(text.size(), p.prefix.size()));
    if (p.fit == Piece::Fit::Terminated && !text.empty()) text.remove_suffix(1);
    if (p.fit == Piece::Fit::Fixed)
        while (!text.empty() && u8(text.back()) == p.filler) text.remove_suffix(1);
    return escape(text);
}

Result<Bytes> parse(const Piece& p, std::string_view text) {
    if (p.kind == Piece::Kind::Text) return parse_text(p, text);
    if (p.kind == Piece::Kind::Number) {
        u64 v = TRY(parse_value(p.name, text, p.names));
        if (p.extent.size < 8 && v >> (8 * p.extent.size))
            return bad(p.name, text, "does not fit into " + std::to_string(p.extent.size) + " bytes");
        Bytes out(p.extent.size);
        store(out, unsigned(out.size()), p.endian, v);
        return out;
    }
    auto out = from_hex(text);
    if (!out) return bad(p.name, text, "is not in hex");
    if (out->size() != p.extent.size) return bad(p.name, text, "is not of " + std::to_string(p.extent.size) + " bytes");
    return *std::move(out);
}

std::optional<FieldName> find_field(const Layout& l, std::string_view name) {
    if (auto i = l.index_of(name)) return FieldName{*i};
    auto dot = name.rfind('.');
    if (auto i = dot == name.npos ? std::nullopt : l.index_of(name.substr(0, dot)))
        for (auto& b : l.pieces[*i].bits)
            if (b.name == name.substr(dot + 1)) return FieldName{*i, &b};
    if (!l.more) return {};
    auto piece = l.more->make(name);
    auto i = piece ? l.index_of(piece->name) : std::nullopt;
    if (!i) return {};
    return FieldName{*i};
}

std::string show_bits(const Piece& p, const Bits& bits, ByteView b) {
    u64 v = load(b, unsigned(b.size()), p.endian) >> bits.shift & ((u64{1} << bits.width) - 1);
    return show_number(v, bits.names, Piece::Show::Number);
}

Result<Bytes> parse_bits(const Piece& p, const Bits& bits, ByteView now, std::string_view text) {
    auto name = p.name + '.' + std::string(bits.name);
    u64 v = TRY(parse_value(name, text, bits.names)), mask = (u64{1} << bits.width) - 1;
    if (v > mask) return bad(name, text, "does not fit into " + std::to_string(bits.width) + " bits");
    Bytes out(p.extent.size);
    store(out, unsigned(out.size()), p.endian, (load(now, unsigned(now.size()), p.endian) & ~(mask << bits.shift)) | v << bits.shift);
    return out;
}

}  // namespace fieldstrip
