#include "formats/jffs2/checks.h"

#include <charconv>

namespace fieldstrip::jffs2 {

using Outcome = Check::Outcome;

Node node_of(const Ref& r, u16 type) { return {r.at(), r.totlen, type, false}; }

void Teller::header(u64 at, bool dirt) {
    compare("hdr_crc", at, at + 8, {at, 8}, header_crc(numbers_.bytes.subspan(at, 8), endian_), dirt);
}

void Teller::fixed(const Node& node, bool dirt) {
    auto* shape = shape_of(node.type);
    if (!shape || !shape->node_crc) return;
    const u64 left = numbers_.bytes.size() - node.at;
    if (left < shape->size || node.totlen < shape->size) {  // not even its fixed part is there
        u64 there = std::min<u64>(node.totlen, left) - kHeader;
        return put("node_crc", node.at, {node.at + kHeader, 0}, {node.at + kHeader, there}, {},
                   node.obsolete || dirt ? Outcome::Unchecked : Outcome::Fail);
    }
    Extent head{node.at, shape->node_covers};
    // What is obsolete may have been half overwritten: nobody reads it.
    if (node.obsolete) return put("node_crc", node.at, {node.at + shape->node_crc, 4}, head, {}, Outcome::Unchecked);
    compare("node_crc", node.at, node.at + shape->node_crc, head, crc_of(numbers_.bytes.subspan(head.offset, head.size)), dirt);
}

void Teller::body(const Node& node, bool dirt) {
    auto* shape = shape_of(node.type);
    const u64 left = numbers_.bytes.size() - node.at;
    if (!shape || !shape->body_crc || left < shape->size || node.totlen < shape->size) return;
    u64 size = body_size(numbers_, node), room = std::min<u64>(node.totlen, left) - shape->size;
    Extent body{node.at + shape->size, std::min(size, room)}, at{node.at + shape->body_crc, 4};
    if (node.obsolete) return put(shape->body_name, node.at, at, body, {}, Outcome::Unchecked);
    if (size > room) return put(shape->body_name, node.at, at, body, {}, dirt ? Outcome::Unchecked : Outcome::Fail);
    compare(shape->body_name, node.at, at.offset, body, crc_of(numbers_.bytes.subspan(body.offset, body.size)), dirt);
}

void Teller::compare(std::string_view what, u64 node, u64 at, Extent covers, u32 found, bool dirt) {
    u8 is[4];
    store(is, 4, Endian::Big, found);
    bool same = found == numbers_.n32(at);
    put(what, node, {at, 4}, covers, is, same ? Outcome::Pass : dirt ? Outcome::Unchecked : Outcome::Fail);
}

void Teller::say(std::string_view what, u64 node, Extent covers, Outcome outcome) { put(what, node, {node, 0}, covers, {}, outcome); }

void Teller::put(std::string_view what, u64 node, Extent at, Extent covers, ByteView found, Outcome outcome) {
    char name[40];
    char* end = std::copy(what.begin(), what.end(), name);
    end = std::copy_n("@0x", 3, end);
    end = std::to_chars(end, std::end(name), node, 16).ptr;
    u8 stored[4] = {};
    if (at.size == 4) store(stored, 4, Endian::Big, numbers_.n32(at.offset));
    sink_({{name, size_t(end - name)}, at, {&covers, 1}, ByteView(stored).first(at.size), found, outcome, entry, within});
}

}  // namespace fieldstrip::jffs2
