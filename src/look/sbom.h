// An inventory as a CycloneDX 1.5 bill of materials, JSON.
#pragma once
#include "base/json.h"
#include "look/inventory.h"

namespace fieldstrip {

/// What the bill is of, and what made it.
struct SbomSubject {
    std::string name;  // of the image's file
    std::string sha256, tool_version;
    std::optional<i64> time = {};  // seconds; none: the bill says no time, so that the same image gives the same bytes
};
void write_sbom(JsonWriter&, const Inventory&, const SbomSubject&);

/// "pkg:deb/debian/libc6@2.36-9?arch=armhf"; "" for what has none.
std::string purl_of(const Component&);

}  // namespace fieldstrip
