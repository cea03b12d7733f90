#include "formats/cramfs/disk.h"

namespace fieldstrip::cramfs {
namespace {

unsigned shift_of(unsigned before, unsigned width, Endian endian) { return endian == Endian::Little ? before : 32 - before - width; }

}  // namespace

Inode read_inode(ByteView b, Endian endian) {
    Inode inode;
    auto io = [&](unsigned word, unsigned before, unsigned width, u32& field) {
        u64 v = load(b.subspan(4 * word, 4), 4, endian);
        field = u32(v >> shift_of(before, width, endian) & ((u64{1} << width) - 1));
    };
    inode.fields(io);
    return inode;
}

void write_inode(std::span<u8> b, Endian endian, Inode inode) {
    u64 words[3] = {};
    auto io = [&](unsigned word, unsigned before, unsigned width, u32& field) {
        words[word] |= (field & ((u64{1} << width) - 1)) << shift_of(before, width, endian);
    };
    inode.fields(io);
    for (unsigned i = 0; i < 3; i++) store(b.subspan(4 * i, 4), 4, endian, words[i]);
}

Super read_super(ByteView b, Endian endian) {
    Super s;
    RecordReader head(b, endian), fsid(b.subspan(kFsidAt), endian);
    s.fields(head, fsid);
    std::memcpy(s.signature, b.data() + kSignatureAt, 16);
    std::memcpy(s.name, b.data() + kNameAt, 16);
    s.root = read_inode(b.subspan(kRootAt, kInode), endian);
    return s;
}

Bytes write_super(Super s, Endian endian) {
    RecordWriter head(endian), fsid(endian);
    s.fields(head, fsid);
    auto& out = head.out;
    out.insert(out.end(), s.signature, s.signature + 16);
    out.insert(out.end(), fsid.out.begin(), fsid.out.end());
    out.insert(out.end(), s.name, s.name + 16);
    out.resize(kSuper);
    write_inode(std::span(out).subspan(kRootAt), endian, s.root);
    return std::move(out);
}

}  // namespace fieldstrip::cramfs
