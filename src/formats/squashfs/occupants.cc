// What lies where in a squashfs: blocks of files, fragments and whose tails are in them, blocks of the tables.
#include "formats/squashfs/volume.h"

namespace fieldstrip::squashfs {
namespace {

bool has(Extent e, u64 at) { return at >= e.offset && at < e.end(); }

/// "bytes 0 to 96": what of a fragment or a table.
std::string bytes_words(u64 from, u64 size) { return "bytes " + std::to_string(from) + " to " + std::to_string(from + size); }

void table_blocks(const Table& t, std::string_view name, u64 at, std::vector<Occupant>& out) {
    for (size_t i = 0; i < t.blocks.size(); i++) {
        auto& b = t.blocks[i];
        if (has(b.stored, at))
            out.push_back(
                {b.stored, std::string(name) + ", metadata block " + std::to_string(i) + ", " + bytes_words(b.at, b.size) + " of it"});
    }
}

void file_blocks(const Image& image, const Node& n, const Entry& e, u64 at, std::vector<Occupant>& out) {
    auto blocks = blocks_of(image, n);
    u64 from = 0;
    for (size_t i = 0; i < blocks.size(); i++) {
        if (has(blocks[i].extent, at))
            out.push_back({blocks[i].extent, "data block " + std::to_string(i), e.path, {from, blocks[i].plain}});
        from += blocks[i].plain;
    }
    const u64 tail = tail_of(image, n.inode);
    auto fragment = tail ? fragment_of(image, n.inode.fragment) : std::nullopt;
    if (fragment && has(fragment->extent, at))
        out.push_back({fragment->extent,
                       "tail (" + bytes_words(n.inode.offset, tail) + " of fragment " + std::to_string(n.inode.fragment) + ")",
                       e.path,
                       {n.inode.size - tail, tail}});
}

}  // namespace

Result<std::vector<Occupant>> Volume::occupants(u64 at, Context& cx) const {
    auto image = TRY(this->image(cx));
    auto entries = TRY(entries_of(*image, nullptr, cx));
    std::vector<Occupant> out;
    table_blocks(image->inodes, "inode table", at, out);
    table_blocks(image->directories, "directory table", at, out);
    table_blocks(image->fragment_table, "fragment table", at, out);
    table_blocks(image->id_table, "id table", at, out);
    table_blocks(image->export_table, "export table", at, out);
    for (size_t i = 0; i < entries.size(); i++) {
        auto& n = image->nodes[image->names[i].node];
        if (n.known && n.inode.basic() == kFile) file_blocks(*image, n, entries[i], at, out);
    }
    return out;
}

}  // namespace fieldstrip::squashfs
