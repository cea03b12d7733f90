// Sources: dpkg's deb822(5) and dpkg-query(1) (which states are listed); opkg, libopkg/pkg_parse.c; apk-tools, the database's "installed"
// file (apk-package(5)); os-release(5); OpenWrt, package/base-files (openwrt_release).
#include "look/packages.h"

namespace fieldstrip {
namespace {

/// One stanza: lines "Key: value" up to an empty line.
struct Stanza {
    u64 offset = 0;
    std::string_view package, version, architecture, status;
    bool is_installed() const {
        auto state = status.substr(status.rfind(' ') + 1);
        return status.empty() || (state != "not-installed" && state != "config-files");
    }
};

bool is_name(std::string_view s) {
    auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && std::strchr("+-._:~", c));
    };
    return !s.empty() && s.size() <= 256 && std::all_of(s.begin(), s.end(), good);
}

void add(const Space& s, const Stanza& p, const char* source, Found& out) {
    if (!is_name(p.package) || !is_name(p.version) || !p.is_installed()) return;
    auto text = std::string(p.package) + ' ' + std::string(p.version) + (p.architecture.empty() ? "" : ' ' + std::string(p.architecture));
    out.components.push_back({.kind = Component::Kind::Package,
                              .name = std::string(p.package),
                              .version = std::string(p.version),
                              .source = source,
                              .architecture = is_name(p.architecture) ? std::string(p.architecture) : "",
                              .evidence = {{s.path, p.offset, excerpt(text)}}});
}

/// "Key: value", or nothing of it.
std::string_view value_of(std::string_view line, std::string_view key) {
    if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != ':') return {};
    return trimmed(line.substr(key.size() + 1));
}

void stanzas(const Space& s, const char* source, Found& out) {
    Stanza now;
    each_line(s.text(), [&](std::string_view line, u64 at) {
        if (trimmed(line).empty()) {
            add(s, std::exchange(now, {}), source, out);
            return true;
        }
        if (auto v = value_of(line, "Package"); !v.empty()) now.package = v, now.offset = at;
        if (auto v = value_of(line, "Version"); !v.empty()) now.version = v;
        if (auto v = value_of(line, "Architecture"); !v.empty()) now.architecture = v;
        if (auto v = value_of(line, "Status"); !v.empty()) now.status = v;
        return true;
    });
    add(s, now, source, out);
}

void apk_installed(const Space& s, Found& out) {
    Stanza now;
    each_line(s.text(), [&](std::string_view line, u64 at) {
        if (line.empty()) {
            add(s, std::exchange(now, {}), "apk", out);
            return true;
        }
        if (auto v = value_of(line, "P"); !v.empty()) now.package = v, now.offset = at;
        if (auto v = value_of(line, "V"); !v.empty()) now.version = v;
        if (auto v = value_of(line, "A"); !v.empty()) now.architecture = v;
        return true;
    });
    add(s, now, "apk", out);
}

std::string_view unquoted(std::string_view v) {
    v = trimmed(v);
    if (v.size() > 1 && (v[0] == '"' || v[0] == '\'') && v.back() == v[0]) v = v.substr(1, v.size() - 2);
    return v;
}

/// NAME="…" lines of a shell.
void release(const Space& s, std::string_view name_key, std::string_view version_key, Found& out) {
    std::string_view name, version;
    u64 offset = 0;
    each_line(s.text(), [&](std::string_view line, u64 at) {
        auto equals = line.find('=');
        if (equals == line.npos) return true;
        auto key = line.substr(0, equals), value = unquoted(line.substr(equals + 1));
        if (key == name_key) name = value;
        if (key == version_key) version = value, offset = at;
        if (key == "ID" && is_name(value)) out.distribution = value;
        return at < 65536;
    });
    if (name.empty() || !is_name(version) || excerpt(name) != name) return;
    out.components.push_back({.kind = Component::Kind::Firmware,
                              .name = std::string(name),
                              .version = std::string(version),
                              .source = "os-release",
                              .evidence = {{s.path, offset, excerpt(std::string(name) + ' ' + std::string(version))}}});
}

/// Whether the path is `place`, or ends in it behind a folder.
bool lies_at(std::string_view path, std::string_view place) {
    return path.ends_with(place) && (path.size() == place.size() || path[path.size() - place.size() - 1] == '/');
}
/// Whether it lies right in such a folder.
bool lies_in(std::string_view path, std::string_view folder) {
    auto slash = path.rfind('/');
    return slash != path.npos && lies_at(path.substr(0, slash), folder);
}

}  // namespace

void find_packages(const Space& s, Found& out) {
    std::string_view name = s.name;
    if (name.empty()) return;
    if (lies_at(name, "lib/dpkg/status") || (lies_in(name, "lib/dpkg/status.d") && !name.ends_with(".md5sums"))) stanzas(s, "dpkg", out);
    for (std::string_view folder : {"lib/opkg", "lib/ipkg"}) {
        if (lies_at(name, std::string(folder) + "/status") || (lies_in(name, std::string(folder) + "/info") && name.ends_with(".control")))
            stanzas(s, "opkg", out);
    }
    if (lies_at(name, "lib/apk/db/installed")) apk_installed(s, out);
    if (lies_at(name, "etc/os-release") || lies_at(name, "lib/os-release")) release(s, "NAME", "VERSION_ID", out);
    if (lies_at(name, "etc/openwrt_release")) release(s, "DISTRIB_ID", "DISTRIB_RELEASE", out);
}

}  // namespace fieldstrip
