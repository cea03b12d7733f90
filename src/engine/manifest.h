// What extract keeps beside a folder for putting it back: the tree with its parameters, and what was written. Holds no encoded bytes.
#pragma once
#include "engine/tree.h"

namespace fieldstrip {

/// A node as it was taken apart.
struct Record {
    struct Piece {  // of a layout
        std::string name;
        u64 size;
        std::optional<Bytes> value;  // none: a part, or a digest, which follows from the rest
    };
    std::string name;
    std::string kind;  // "region", "part", "content"
    std::string format;
    u64 offset = 0, size = 0;
    u8 pad = 0;
    bool whole = true;   // its content could be read
    std::string file;    // its bytes (decoded ones of a content), relative to the folder; "": none
    std::string carved;  // its encoded bytes, written by --carve
    std::string place;   // what a file of its encoded bytes would be called; its inside is place + ".in"
    std::string toml;    // its settable fields; "": none
    std::vector<std::pair<std::string, std::string>> fields;  // settable and derived ones, as shown
    std::vector<Piece> layout;                                // where it has parts
    Recipe recipe;
    std::vector<Record> children;
};

struct Manifest {
    struct File {
        std::string path;
        u64 size;
        std::string sha256;
    };
    std::string image_name, image_sha256, path, parts;
    u64 image_size = 0;
    std::vector<File> files;
    Record root;
};

std::string to_json(const Manifest&);
/// Error Damaged where it is none of ours, or of a newer version.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace fieldstrip
