#include "engine/names.h"

#include <cctype>

#include "base/digest.h"
#include "base/text.h"

namespace fieldstrip {

std::string host_name(std::string_view name) {
    constexpr size_t kLongest = 255, kCut = 200;
    bool dots = name == "." || name == "..";
    auto plain = [](char c) { return c >= 0x20 && c < 0x7F && c != '/' && c != '%'; };
    if (!dots && name.size() <= kLongest && std::ranges::all_of(name, plain)) return std::string(name);
    std::string out;
    auto hexed = [&](char c) {
        u8 byte = u8(c);
        out += '%' + hex({&byte, 1});
    };
    auto is_hex = [&](size_t i) { return i < name.size() && std::isxdigit(u8(name[i])); };
    for (size_t i = 0; i < name.size();) {
        size_t n = 1;
        while (n < 4 && i + n < name.size() && (u8(name[i + n]) & 0xC0) == 0x80) n++;  // a character with what follows it
        auto one = name.substr(i, u8(name[i]) < 0x80 ? 1 : n);
        u8 c = u8(one[0]);
        bool odd = c < 0x20 || c == 0x7F || c == '/' || dots || (c == '%' && is_hex(i + 1) && is_hex(i + 2));
        if (odd || !is_utf8(one)) {
            hexed(one[0]);
            i++;
        } else {
            out += one;
            i += one.size();
        }
    }
    if (out.size() <= kLongest) return out;
    size_t cut = kCut;
    while (cut && (u8(out[cut]) & 0xC0) == 0x80) cut--;
    return out.substr(0, cut) + "%~" + hex(sha256(as_bytes(name))).substr(0, 16);
}

std::string other_host_name(std::string_view name, unsigned letters) {
    std::string out;
    for (size_t i = 0; i <= letters && i < name.size(); i++) {
        u8 byte = u8(name[i]);
        out += '%' + hex({&byte, 1});
    }
    if (letters < name.size()) out += host_name(name.substr(letters + 1));
    constexpr size_t kLongest = 255;
    if (letters < name.size() && letters < 8 && out.size() <= kLongest && name != "." && name != "..") return out;
    return host_name(name).substr(0, 200) + "%~" + hex(sha256(as_bytes(std::string(name) + '/' + std::to_string(letters)))).substr(0, 16);
}

std::string image_name(std::string_view host) {
    std::string out;
    for (size_t i = 0; i < host.size(); i++) {
        auto byte = host[i] == '%' && i + 2 < host.size() ? from_hex(host.substr(i + 1, 2)) : std::nullopt;
        out += byte ? char((*byte)[0]) : host[i];
        if (byte) i += 2;
    }
    return out;
}

std::string host_path(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    while (!path.empty()) {
        if (!out.empty()) out += '/';
        out += host_name(take_name(path));
    }
    return out;
}

std::string image_path(std::string_view host) {
    std::string out;
    for (size_t from = 0; from < host.size();) {
        auto name = host.substr(from, host.find('/', from) - from);
        out += (from ? "/" : "") + image_name(name);
        from += name.size() + 1;
    }
    return out;
}

std::vector<std::string_view> names_in(std::string_view path) {
    std::vector<std::string_view> out;
    while (!path.empty()) out.push_back(take_name(path));
    return out;
}

std::string_view take_name(std::string_view& path) {
    auto begin = path.find_first_not_of('/');
    auto slash = begin == path.npos ? path.npos : path.find('/', begin);
    if (slash != path.npos && path.find_first_not_of('/', slash) == path.npos) slash = path.npos;  // slashes at the end belong to the name
    auto name = path.substr(0, slash);
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
    return name;
}

std::string folder_of(const std::string& path) {
    auto slash = path.rfind('/');
    return slash == path.npos ? "." : slash ? path.substr(0, slash) : "/";
}

bool stays_below(std::string_view path) {
    for (size_t from = 0; from <= path.size();) {
        auto name = path.substr(from, path.find('/', from) - from);
        if (name.empty() || name == "." || name == ".." || name.find('\0') != name.npos) return false;
        from += name.size() + 1;
    }
    return true;
}

}  // namespace fieldstrip
