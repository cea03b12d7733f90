// What extract keeps beside a folder for putting it back: the tree with its parameters, and what was written. Holds no encoded bytes.
#pragma once
#include "engine/tree.h"

namespace fieldstrip {

/// A node as it was taken apart.
struct Record {
    struct Piece {  // of a layout, or several that are kept, by the first one's name
        std::string name;
        u64 size;
        bool kept = false;           // else a part, or a digest, which follows from the rest
        std::optional<Bytes> value;  // of what is kept; none: it lies in the file that the node lies in, at its place
    };
    struct Line {            // an entry of a file system
        Entry entry;         // its node: the same of hard links
        std::string host;    // below place + ".in"; "": not on the host (a device, a link that it can't make)
        std::string sha256;  // of a file's bytes as they were written
        bool whole = true;   // they could be read
        Lost lost = {};      // where zeros stand for what could not be
    };
    std::string name;
    std::string kind;  // "region", "part", "content", "entry"
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
    std::string mtree;        // of a file system: its lines' file
    std::vector<Line> lines;  // in its order
    Holds holds;
    std::vector<Record> children;  // of a file system: files that were taken apart (--deep)
};

/// The time of the manifest's file as extract leaves it: one with another time lies in a copy of the folder.
constexpr i64 kManifestTime = 946684800;  // 2000-01-01

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

/// Its text in pieces, as they are made.
void write_json(const Manifest&, const std::function<void(std::string_view)>& out, Context&);
/// Error Damaged where it is none of ours, or of a newer version.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace fieldstrip
