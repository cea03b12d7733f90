// Source: Linux include/uapi/linux/jffs2.h, fs/jffs2/summary.h; mtd-utils jffsX-utils/sumtool.c for the order within a summary.
#include "formats/jffs2/nodes.h"

namespace fieldstrip::jffs2 {
namespace {

Bytes head(u16 type, u64 totlen, Endian endian) {
    Bytes b(kHeader);
    store(std::span(b).subspan(0, 2), 2, endian, kMagic);
    store(std::span(b).subspan(2, 2), 2, endian, type);
    store(std::span(b).subspan(4, 4), 4, endian, totlen);
    store(std::span(b).subspan(8, 4), 4, endian, crc_of(ByteView(b).first(8)));
    return b;
}

void put(Bytes& b, u64 at, u32 v, Endian endian) { store(std::span(b).subspan(at, 4), 4, endian, v); }

/// The fixed part with its node_crc; the body is put behind it.
template <class T>
Bytes node(u16 type, T raw, ByteView body, u64 filler, Endian endian) {
    auto* shape = shape_of(type);
    auto b = head(type, shape->size + body.size() + filler, endian);
    auto fixed = write_record(raw, endian);
    b.insert(b.end(), fixed.begin(), fixed.end());
    if (shape->body_crc) put(b, shape->body_crc, crc_of(body), endian);
    put(b, shape->node_crc, crc_of(ByteView(b).first(shape->node_covers)), endian);
    b.insert(b.end(), body.begin(), body.end());
    b.resize(b.size() + filler, 0xFF);
    return b;
}

}  // namespace

Bytes inode_node(RawInode raw, ByteView data, Endian endian) {
    raw.csize = u32(data.size());
    return node(kInode, raw, data, 0, endian);
}

Bytes dirent_node(RawDirent raw, std::string_view name, Endian endian) {
    raw.nsize = u8(name.size());
    return node(kDirent, raw, as_bytes(name), 0, endian);
}

Bytes xattr_node(RawXattr raw, std::string_view name, ByteView value, Endian endian) {
    raw.name_len = u8(name.size()), raw.value_len = u16(value.size());
    Bytes body(name.begin(), name.end());
    body.push_back(0);
    body.insert(body.end(), value.begin(), value.end());
    raw.data_crc = crc_of(body);  // node_crc covers it
    return node(kXattr, raw, body, gap_to(body.size(), 4), endian);
}

Bytes xref_node(RawXref raw, Endian endian) { return node(kXref, raw, {}, 0, endian); }

Bytes cleanmarker(u32 totlen, Endian endian) { return head(kCleanmarker, totlen, endian); }

u64 summary_record(u16 type, u64 name) {
    switch (type) {
        case kInode: return 18;
        case kDirent: return 24 + name;
        case kXattr: return 18;
        case kXref: return 6;
        default: return 0;
    }
}

Bytes summary_node(std::span<const Summed> all, u64 at, u64 block, u32 clean, Endian endian) {
    RecordWriter io(endian);
    for (auto& s : all) {
        Numbers n{s.node, endian};
        u16 type = n.n16(2);
        u32 totlen = n.n32(4), offset = s.offset, a = n.n32(12), version = n.n32(16);
        io(type, 2);
        if (type == kInode) {
            io(a, 4), io(version, 4), io(offset, 4), io(totlen, 4);
        } else if (type == kXattr) {
            io(a, 4), io(version, 4), io(offset, 4), io(totlen, 4);
        } else if (type == kXref) {
            io(offset, 4);
        } else {
            u32 ino = n.n32(20);
            u8 nsize = n.n8(28), kind = n.n8(29);
            io(totlen, 4), io(offset, 4), io(a, 4), io(version, 4), io(ino, 4), io(nsize, 1), io(kind, 1);
            auto name = s.node.subspan(40, nsize);
            io.out.insert(io.out.end(), name.begin(), name.end());
        }
    }
    auto body = std::move(io.out);
    body.resize(block - at - 32 - 8, 0xFF);
    RecordWriter end(endian);
    u32 place = u32(at), magic = kSummaryEnd;
    end(place, 4), end(magic, 4);
    body.insert(body.end(), end.out.begin(), end.out.end());
    return node(kSummary, RawSummary{u32(all.size()), clean}, body, 0, endian);
}

}  // namespace fieldstrip::jffs2
