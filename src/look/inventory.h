// What an image is made of and what an auditor looks at first: components with versions, and concerns, each with its evidence.
#pragma once
#include "engine/tree.h"

namespace fieldstrip {

/// Where something was seen: a path as the map writes it ("/00210000.squashfs/bin/busybox"), the offset in that node's bytes, the words
/// there.
struct Evidence {
    std::string path;
    u64 offset = 0;
    std::string text;
};

/// A program, a library, a package.
struct Component {
    enum class Kind {
        Package,  // named by a package database
        Program,  // by a version string
        Kernel,
        Library,
        Firmware
    } kind;
    std::string name, version;
    std::string source;        // the database that names it ("dpkg", "opkg", "apk"), or "version string"
    std::string architecture;  // as the database says it; "" where it does not
    std::string distribution;  // of a package: "debian", by the file system's os-release; "" where that does not say
    std::string cpe;           // its name in the dictionary of vulnerable products (cpe:2.3:…); "" where it is not known to have one
    std::vector<Evidence> evidence;
};

/// What an auditor wants to see first.
struct Concern {
    enum class Kind {
        PrivateKey,
        Certificate,
        PasswordHash,
        DefaultAccount,
        SetId,
        StartScript,
        Service,
        WorldWritable,  // files and folders that anybody may write to
        AuthorizedKey,  // who may log in without a password
        Secret          // a password in a configuration, in a URL
    } kind;
    Severity weight;
    std::string what;  // one line for people
    Evidence evidence;
};

struct Inventory {
    std::vector<Component> components;  // by name, then version, then kind
    std::vector<Concern> concerns;      // heavy ones first, then in the order of the image
};

/// "private-key": for JSON, and the name of a section.
std::string_view name_of(Concern::Kind);
std::string_view name_of(Component::Kind);

/// Reads all that is in a node: entries of file systems, contents, raw bytes, down to the Context's depth. What can't be read is passed
/// over.
Result<Inventory> take_inventory(Node&, Context&);

}  // namespace fieldstrip
