// Sources: CycloneDX 1.5 JSON schema (bom-1.5.schema.json); package-url's PURL-SPECIFICATION and PURL-TYPES; RFC 9562 (UUIDs).
#include "look/sbom.h"

#include "base/digest.h"
#include "base/text.h"

namespace fieldstrip {
namespace {

/// As a purl wants it: all but letters, digits and ".-_~" as %XX, except what its parts are separated by.
std::string percent(std::string_view text) {
    std::string out;
    for (char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::strchr(".-_~", c);
        if (plain && c)
            out += c;
        else {
            const u8 byte = u8(c);
            auto digits = hex({&byte, 1});
            for (char& d : digits) d = d >= 'a' ? char(d - 'a' + 'A') : d;
            out += '%' + digits;
        }
    }
    return out;
}

/// A UUID of bytes of our choice (version 8), by the image and the tool: the same for the same.
std::string serial_of(const SbomSubject& s) {
    auto digest = sha256(as_bytes("fieldstrip " + s.tool_version + " " + s.sha256));
    digest.resize(16);
    digest[6] = u8((digest[6] & 0x0F) | 0x80);
    digest[8] = u8((digest[8] & 0x3F) | 0x80);
    auto d = hex(digest);
    return "urn:uuid:" + d.substr(0, 8) + '-' + d.substr(8, 4) + '-' + d.substr(12, 4) + '-' + d.substr(16, 4) + '-' + d.substr(20);
}

std::string_view type_of(Component::Kind k) {
    switch (k) {
        case Component::Kind::Kernel: return "operating-system";
        case Component::Kind::Program: return "application";
        case Component::Kind::Firmware: return "firmware";
        case Component::Kind::Library:
        case Component::Kind::Package: break;
    }
    return "library";
}

void property(JsonWriter& j, std::string_view name, std::string_view value) { j.object().text("name", name).text("value", value).end(); }

void write_component(JsonWriter& j, const Component& c, size_t number) {
    j.object().text("type", type_of(c.kind)).text("bom-ref", "component-" + std::to_string(number)).text("name", c.name);
    j.text("version", c.version);
    if (!c.cpe.empty()) j.text("cpe", c.cpe);
    if (auto purl = purl_of(c); !purl.empty()) j.text("purl", purl);
    const bool by_database = c.kind == Component::Kind::Package;
    j.key("evidence").object().key("identity").object().text("field", "version").key("methods").array().object();
    j.text("technique", by_database ? "manifest-analysis" : "binary-analysis").number("confidence", u64{1}).text("value", c.source);
    j.end().end().end().key("occurrences").array();
    std::string_view last;
    for (auto& e : c.evidence)
        if (std::exchange(last, e.path) != e.path) j.object().text("location", e.path).end();
    j.end().end().key("properties").array();
    property(j, "fieldstrip:source", c.source);
    if (!c.architecture.empty()) property(j, "fieldstrip:architecture", c.architecture);
    for (auto& e : c.evidence) property(j, "fieldstrip:evidence", e.path + " at " + hex_number(e.offset) + ": " + escape(e.text));
    j.end().end();
}

}  // namespace

std::string purl_of(const Component& c) {
    if (c.name.empty()) return "";
    std::string type = "generic", space, name = c.name;
    if (c.kind == Component::Kind::Package) {
        if (c.source == "dpkg") type = "deb", space = c.distribution.empty() ? "debian" : c.distribution;
        if (c.source == "apk") type = "apk", space = c.distribution.empty() ? "alpine" : c.distribution;
    } else if (c.kind == Component::Kind::Firmware) {
        return "";
    }
    if (type == "deb" || type == "apk")
        for (char& x : name) x = x >= 'A' && x <= 'Z' ? char(x - 'A' + 'a') : x;
    name = percent(name);
    auto out = "pkg:" + type + '/' + (space.empty() ? "" : percent(space) + '/') + name;
    if (!c.version.empty()) out += '@' + percent(c.version);
    if (!c.architecture.empty()) out += "?arch=" + percent(c.architecture);
    return out;
}

void write_sbom(JsonWriter& j, const Inventory& inventory, const SbomSubject& s) {
    j.object().text("bomFormat", "CycloneDX").text("specVersion", "1.5").text("serialNumber", serial_of(s)).number("version", u64{1});
    j.key("metadata").object();
    if (s.time) j.text("timestamp", utc_time(*s.time));
    j.key("tools").object().key("components").array().object().text("type", "application").text("name", "fieldstrip");
    j.text("version", s.tool_version).end().end().end();
    j.key("component").object().text("type", "firmware").text("bom-ref", "image").text("name", s.name).key("hashes").array();
    j.object().text("alg", "SHA-256").text("content", s.sha256).end().end().end().end();
    j.key("components").array();
    for (size_t number = 0; auto& c : inventory.components) write_component(j, c, number++);
    j.end().key("dependencies").array().object().text("ref", "image").key("dependsOn").array();
    for (size_t number = 0; number < inventory.components.size(); number++) j.text("component-" + std::to_string(number));
    j.end().end().end().end().newline();
}

}  // namespace fieldstrip
