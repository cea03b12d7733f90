// The tree as it lies: lists of headers, each of which names the next one.
#pragma once
#include "formats/romfs/disk.h"

namespace fieldstrip::romfs {

constexpr u32 kNone = ~u32{0};
/// Elements of a list that are no nodes.
constexpr u32 kDot = kNone - 1, kDotDot = kNone - 2;

struct Node {
    u64 at = 0;
    Header header = {};
    u64 name = 0;              // length
    u32 parent = 0;            // an index; the root's is its own
    u32 real = 0;              // of a hard link what it leads to, else itself
    u32 first = 0, count = 0;  // a directory: its entries, indices
    u32 list = kNone;          // a directory: which of Image::lists it has
    u64 pad = 0;               // bytes between what lies before it and its header
    bool broken = false;       // a directory, and its list can't be read to its end; a link that leads nowhere
    bool directory() const { return header.type() == kDirectory; }
    u64 data_at() const { return at + head_size(name); }
    /// Whether bytes of its own follow the name.
    bool has_data() const { return header.type() == kFile || header.type() == kSymlink; }
};

/// A list as it lies: nodes, kDot and kDotDot.
struct List {
    std::vector<u32> elements = {};
    u64 dot = 0, dot_dot = 0;  // where those lie
};

struct Image {
    ByteView bytes;
    u64 volume = 0;  // length of its name
    std::vector<Node> nodes = {};
    std::vector<List> lists = {};
    bool in_order = true;  // what is met on a walk through the tree lies in that order
    u64 end = 0;           // behind what is last

    ByteView name(const Node& n) const { return &n == &nodes[0] ? ByteView() : bytes.subspan(n.at + kHeader, n.name); }
    u64 root_at() const { return head_size(volume); }
    Extent data(const Node&) const;  // as far as it is there
};

/// The header that begins at `at`; nothing where it is cut, or its name has no end.
struct Head {
    Header header;
    u64 name;
};
std::optional<Head> head_at(ByteView, u64 at);
/// Of the volume; nothing where it has no end.
std::optional<u64> volume_name(ByteView);

/// Linear in the bytes, whatever they are: a header is read once.
Image read_image(ByteView);

/// What is met on a walk through a tree, each directory's list right behind its header: the order that genromfs writes.
struct Step {
    u32 dir, element;
    size_t before = ~size_t{0};  // the step of the element before it in its list; none
};
std::vector<Step> walk_of(u32 root, const std::function<const std::vector<u32>*(u32 node)>& list);

}  // namespace fieldstrip::romfs
