#include "base/json.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace fieldstrip {

constexpr size_t kMuch = 1 << 16;  // of text that is given out

void JsonWriter::raw(std::string_view s) {
    pending_ += s;
    if (pending_.size() > kMuch) flush();
}
void JsonWriter::flush() {
    if (!out_ || pending_.empty()) return;  // a part's is taken
    out_(pending_);
    pending_.clear();
}

void JsonWriter::before() {
    if (std::exchange(after_key_, false)) return;
    if (!first_) pending_ += ',';
    if (indent_ && !stack_.empty()) line();
    first_ = false;
}
void JsonWriter::line() {
    pending_ += '\n';
    pending_.append(stack_.size(), ' ');
}

std::unique_ptr<JsonWriter> JsonWriter::part() const {
    auto one = std::make_unique<JsonWriter>(Out(), indent_);
    one->stack_ = stack_;
    return one;
}
void JsonWriter::append(std::string_view members) {
    if (members.empty()) return;
    if (!std::exchange(first_, false)) raw(",");
    if (!out_ || members.size() < kMuch) return raw(members);
    flush();
    out_(members);
}

JsonWriter& JsonWriter::open(char c) {
    before();
    raw({&c, 1});
    stack_ += c;
    first_ = true;
    return *this;
}
JsonWriter& JsonWriter::end() {
    bool empty = first_;
    char c = stack_.back() == '{' ? '}' : ']';
    stack_.pop_back();
    if (indent_ && !empty) line();
    raw({&c, 1});
    first_ = false;
    return *this;
}

namespace {

/// Of printable ASCII, what stands in a string as it is.
constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (u8 c = 0x20; c < 0x7F; c++) plain[c] = c != '"' && c != '\\';
    return plain;
}();

}  // namespace

void JsonWriter::quoted(std::string_view s) {
    auto& out = pending_;
    out += '"';
    for (size_t i = 0, from = 0; i < s.size(); from = ++i) {
        while (i < s.size() && kPlain[u8(s[i])]) i++;
        out.append(s, from, i - from);
        if (i == s.size()) break;
        const u8 c = u8(s[i]);
        if (c == '"' || c == '\\') {
            out += '\\', out += s[i];
        } else if ((c < 0x20 || c >= 0x7F) && misleads(s.substr(i))) {
            unsigned code = c;
            if (c >= 0xE0)
                code = (c & 0x0Fu) << 12 | (u8(s[i + 1]) & 0x3Fu) << 6 | (u8(s[i + 2]) & 0x3Fu), i += 2;
            else if (c >= 0x80)
                code = (c & 0x1Fu) << 6 | (u8(s[i + 1]) & 0x3Fu), i += 1;
            char text[8];
            std::snprintf(text, sizeof text, "\\u%04x", code);
            out += text;
        } else {
            out += s[i];
        }
    }
    raw("\"");
}

JsonWriter& JsonWriter::key(std::string_view k) {
    before();
    quoted(k);
    raw(indent_ ? ": " : ":");
    after_key_ = true;
    return *this;
}
JsonWriter& JsonWriter::hex(ByteView b) {
    before();
    pending_ += '"';
    append_hex(pending_, b);
    raw("\"");
    return *this;
}
JsonWriter& JsonWriter::text(std::string_view s) {
    before();
    is_utf8(s) ? quoted(s) : quoted(to_utf8(s));
    return *this;
}
JsonWriter& JsonWriter::digits(auto v) {
    before();
    char text[24];
    raw({text, std::to_chars(text, text + sizeof text, v).ptr});
    return *this;
}
JsonWriter& JsonWriter::number(u64 v) { return digits(v); }
JsonWriter& JsonWriter::number(i64 v) { return digits(v); }
JsonWriter& JsonWriter::decimal(double v, int digits) {
    before();
    char text[64] = "0";
    if (std::abs(v) < 1e18) std::snprintf(text, sizeof text, "%.*f", std::clamp(digits, 0, 9), v);
    raw(text);
    return *this;
}
JsonWriter& JsonWriter::boolean(bool v) {
    before();
    raw(v ? "true" : "false");
    return *this;
}
JsonWriter& JsonWriter::null() {
    before();
    raw("null");
    return *this;
}
JsonWriter& JsonWriter::bytes(std::string_view k, std::string_view v) {
    text(k, v);
    if (!is_utf8(v)) text(std::string(k) + "_b64", base64(as_bytes(v)));
    return *this;
}

}  // namespace fieldstrip
