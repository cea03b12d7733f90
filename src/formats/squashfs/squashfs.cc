// squashfs, the compressed file system of most routers and cameras: a superblock, then data blocks, fragments, and tables of inodes,
// directories, fragments, owners and attributes, packed in metadata blocks of 8 KiB. Version 4.0 is what Linux reads (little endian; some
// vendors have made big-endian ones); version 3, of before 2009, is of either order and lives on in OpenWrt's lzma variant. The
// superblock's bytes_used is its end: mksquashfs fills up to 4 KiB behind it, which is not part of it. Nothing in it is a checksum.
// Source: Linux fs/squashfs/squashfs_fs.h and super.c (4.0); squashfs-tools 3.x squashfs_fs.h (3.0, 3.1), 4.x mksquashfs.c (flags).
#include "base/text.h"
#include "formats/squashfs/magics.h"
#include "formats/squashfs/superblock.h"
#include "formats/squashfs/write.h"

namespace fieldstrip {
namespace {

/// What is cut off must have more than its superblock: bytes behind it that are not filler.
bool bare(ByteView behind) { return behind.empty() || one_value(behind.first(std::min<u64>(behind.size(), 4096))); }

Answer recognise(ByteView space, u64 at, Context&) {
    auto bytes = space.subspan(at);
    if (!squashfs::looks_like_superblock(bytes))
        return std::unexpected(No{"no version or block size that a squashfs has", {at, std::min<u64>(bytes.size(), 96)}});
    auto super = squashfs::read_superblock(bytes);
    if (!super) return std::unexpected(No{"its superblock does not hold together", {at, 96}});
    u64 data = super->layout.find("data")->extent.offset;
    if (super->cut && bare(bytes.subspan(data))) return std::unexpected(No{"nothing but its superblock is there", {at, data}});
    return Claim{{at, super->layout.size}, super->layout.bits, "a superblock whose fields and tables agree", !super->cut};
}

Result<Item> open(const Buffer& bytes, Context&) {
    auto super = TRY(squashfs::read_superblock(bytes.view()));
    auto value = [&](const char* name) {
        auto& p = *super.layout.find(name);
        return show(p, bytes.view().subspan(p.extent.offset, p.extent.size));
    };
    auto number = [&](const char* name) {
        auto& p = *super.layout.find(name);
        return load(bytes.view().subspan(p.extent.offset, p.extent.size), unsigned(p.extent.size), super.endian);
    };
    auto label =
        "squashfs " + value("s_major") + "." + value("s_minor") + (super.endian == Endian::Big ? ", big endian" : ", little endian");
    if (super.major == 4) label += ", " + value("compression");
    label += ", block " + std::to_string(super.block_size / 1024) + " KiB, " + value("inodes") + " inodes, made " +
             utc_time(i64(number("mkfs_time")));
    std::unique_ptr<Inside> inside = std::make_unique<squashfs::Volume>(bytes, super.endian, super.major, super.block_size);
    return Item{.label = std::move(label), .layout = std::move(super.layout), .inside = std::move(inside)};
}

constexpr std::string_view kLimits[] = {
    "versions 1 to 3, with zlib or vendors' LZMA, are read, not written",
    "of damaged tables what is there is read, and no edit is taken: what can't be read would be lost",
};

}  // namespace

namespace formats {
extern const Format squashfs{.id = "squashfs",
                             .title = "squashfs file system",
                             .magics = magics::squashfs,
                             .may_begin = squashfs::looks_like_superblock,
                             .recognise = recognise,
                             .open = open,
                             .build = fieldstrip::squashfs::build,
                             .made_by = fieldstrip::squashfs::made_by,
                             .limits = kLimits,
                             .source = "Linux: fs/squashfs/squashfs_fs.h, super.c; squashfs-tools 3.x: squashfs_fs.h"};
}  // namespace formats

}  // namespace fieldstrip
