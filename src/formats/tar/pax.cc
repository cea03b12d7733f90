#include "formats/tar/pax.h"

#include "base/text.h"

namespace fieldstrip::tar {

std::vector<Record> read_records(ByteView body, bool* all) {
    std::vector<Record> out;
    auto text = as_text(body);
    bool good = true;
    while (!text.empty() && good) {
        good = false;
        auto space = text.substr(0, 21).find(' ');
        if (space == text.npos) break;
        auto length = decimal(text.substr(0, space));
        if (!length || *length > text.size() || *length < space + 3) break;
        auto record = text.substr(space + 1, *length - space - 1);
        // Not over all of a hostile body for each record: it is as long as it says.
        auto equals = record.find('=');
        if (equals == record.npos || !equals || record.back() != '\n') break;
        good = true;
        if (all && text[0] == '0') *all = false;
        out.push_back({record.substr(0, equals), record.substr(equals + 1, record.size() - equals - 2)});
        text.remove_prefix(*length);
    }
    if (all && !good) *all = false;
    return out;
}

void put_record(Bytes& out, std::string_view key, std::string_view value) {
    size_t rest = key.size() + value.size() + 3, length = rest + 1;
    while (rest + std::to_string(length).size() != length) length = rest + std::to_string(length).size();
    auto head = std::to_string(length) + ' ';
    for (auto part : {std::string_view(head), key, std::string_view("="), value, std::string_view("\n")})
        out.insert(out.end(), part.begin(), part.end());
}

const Record* find_record(std::span<const Record> records, std::string_view key) {
    for (size_t i = records.size(); i-- > 0;)
        if (records[i].key == key) return &records[i];
    return nullptr;
}

std::optional<u64> decimal(std::string_view s) {
    if (s.empty() || s.size() > 20) return {};
    u64 v = 0;
    for (char c : s) {
        if (c < '0' || c > '9' || v > (~u64{0} - 9) / 10) return {};
        v = v * 10 + u64(c - '0');
    }
    return v;
}

std::optional<i64> seconds(std::string_view s) {
    bool minus = s.starts_with('-');
    if (minus) s.remove_prefix(1);
    auto dot = std::min(s.size(), s.find('.'));
    auto whole = decimal(s.substr(0, dot));
    auto rest = s.substr(std::min(s.size(), dot + 1));
    if (!whole || *whole >> 62 || rest.find_first_not_of("0123456789") != rest.npos) return {};
    if (!minus) return i64(*whole);
    return -i64(*whole) - (rest.find_first_not_of('0') != rest.npos);
}

std::optional<std::string> xattr_of(std::string_view key) {
    if (key.starts_with(kXattr)) return std::string(key.substr(kXattr.size()));
    if (!key.starts_with(kEncodedXattr)) return {};
    std::string out;
    key.remove_prefix(kEncodedXattr.size());
    for (size_t i = 0; i < key.size(); i++) {
        auto byte = key[i] == '%' && i + 2 < key.size() ? from_hex(key.substr(i + 1, 2)) : std::nullopt;
        out += byte ? char((*byte)[0]) : key[i];
        i += byte ? 2 : 0;
    }
    return out;
}

std::optional<Bytes> decoded(std::string_view value) {
    std::string whole(value);
    while (whole.size() % 4) whole += '=';
    auto out = from_base64(whole);
    if (!out || encoded(*out) != value) return {};
    return out;
}

std::string encoded(ByteView value) {
    auto text = base64(value);
    while (text.ends_with('=')) text.pop_back();
    return text;
}

}  // namespace fieldstrip::tar
