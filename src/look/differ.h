// What differs between two nodes: images, parts, file systems, files. A tree of the map's shape that holds only what is not the same: each
// change says what of the thing itself differs, and holds those of what is inside of it.
//
// Where to find what (for whoever prints it):
//   "the same"                   Difference::equal; else Difference::counts is the summary and Difference::root the tree
//   a region, part, content      Delta with Thing::Node: how, moved, offsets and sizes, formats, labels; `fields` of its header; `inside`
//   a file, folder, link         Delta with Thing::Entry, among `inside` of its file system, by path: how, moved, `attributes` (mode,
//   owner, mtime,
//                                target, xattr …); one of `text`, `options`, `binary`, or `inside` where the file is an image itself
//   what only follows            `follows` of a change, of a value: checksums, sizes, room given or taken. It is no change by itself and
//   not counted
//                                as one (Counts::follow): fold it away
//   a kernel                     `values` "version": the line by which it calls itself; `options` of its configuration
#pragma once
#include "engine/tree.h"
#include "look/binary_diff.h"
#include "look/text_diff.h"

namespace fieldstrip {

/// A named value that is not the same: a field, an attribute, an option.
struct ValueChange {
    std::string name;
    std::optional<std::string> before, after;  // as `info` shows it; none: not there
    bool follows = false;                      // derived, or the format's own book-keeping: it could not stay as it was
};

/// One thing that is not the same, or holds such.
struct Delta {
    enum class Thing {
        Node,
        Entry
    } thing = Thing::Node;
    enum class How {
        Same,  // by itself: only what is inside of it is not
        Added,
        Removed,
        Changed
    } how = How::Same;
    Node::Kind kind = Node::Kind::Region;  // of a node
    Entry::Type type = Entry::Type::File;  // of an entry
    bool moved = false;                    // at another offset, or under another name: path_a and path_b tell; it may be changed too
    bool follows = false;                  // had to: room, what moved with what lies before it, a container of what changed
    std::string path_a, path_b;            // as the map writes them; "" on the side where it is not
    std::optional<u64> at_a, at_b;         // absolute offsets in the images
    u64 size_a = 0, size_b = 0;
    std::string format_a, format_b;  // ids
    std::string label_a, label_b;    // lines for people, of known formats
    std::string note;                // for people, where nothing else tells what differs: "the same content, encoded otherwise"
    bool with_folder = false;        // of an entry: it came, went with its folder, which has `files` of its own
    u64 files = 0;                   // of a folder that is added, removed or moved: how many files are below it

    std::vector<ValueChange> fields;      // of its header, tables
    std::vector<ValueChange> attributes;  // of an entry
    std::vector<ValueChange> values;      // what it says of itself: "version"
    std::vector<ValueChange> options;     // of a kernel's configuration, instead of `text`
    std::optional<TextChange> text;
    std::optional<BinaryChange> binary;
    std::vector<Delta> inside;
};

/// Whether one of them, anything in it, is a change by itself.
bool is_real(const std::vector<ValueChange>&);
bool is_real(const Delta&);

/// How many, of what is a change by itself.
struct Counts {
    u64 regions_added = 0, regions_removed = 0, regions_changed = 0, regions_moved = 0;  // regions, parts, contents
    u64 fields = 0, options = 0, versions = 0;
    u64 files_added = 0, files_removed = 0, files_changed = 0, files_moved = 0;  // files, links, devices; moved and changed ones in both
    u64 folders_added = 0, folders_removed = 0, folders_moved = 0;
    u64 attributes = 0;  // entries whose mode, owner, time … changed, and nothing else
    u64 follow = 0;      // what follows from these
    u64 all() const;     // what a person would call a change: the sum without what follows
};

struct Difference {
    bool equal = false;  // byte for byte; of folders: in all that entries say
    Counts counts;
    Delta root;
};

/// `a` before, `b` after. Equal bytes cost nothing more than their comparison; what is not equal is read as deep as the Context allows.
/// Both trees are forgotten as they are walked.
/// `folder_a`, `folder_b`: of file systems only what lies below these.
Result<Difference> differences(Node& a, Node& b, Context&, const std::string& folder_a = {}, const std::string& folder_b = {});

}  // namespace fieldstrip
