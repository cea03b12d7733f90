#include "engine/room.h"

namespace fieldstrip {
namespace {
constexpr u64 kBlock = 512;
}

bool fills_block(const Room& r) { return r.fillers.size() == 1 && r.fillers[0].extent.size < kBlock && r.end() % kBlock == 0; }

bool is_all(const Room& r, u64 size) {
    constexpr u64 kDump = u64{64} << 10;
    return r.region.offset == 0 && r.end() == size && size % kDump && (r.fillers.empty() || fills_block(r));
}

// Source: Linux, usr/initramfs_data.S, init/initramfs.c (unpack_to_rootfs), usr/gen_init_cpio.c (zeros up to 512).
bool says_size(ByteView behind, Extent region) {
    constexpr u64 kMostZeros = 1024;
    for (u64 at = gap_to(region.end(), 4); at + 4 <= std::min<u64>(behind.size(), kMostZeros); at += 4) {
        const u64 little = le32(behind, at), big = be32(behind, at);
        if (!little) continue;
        // It counts the zeros that belong to the archive, and not those that align it.
        auto is_it = [&](u64 n) { return n >= region.size && n <= region.size + at; };
        return (!at || one_value(behind.first(at)) == u8{0}) && (is_it(little) || is_it(big));
    }
    return false;
}

Rope settle(const Rope& now, const Room& room, const Buffer& space, bool grows) {
    Rope out = now;
    const u64 begin = room.region.offset;
    u64 at = begin + now.size(), end = room.end();
    u8 last = room.fillers.empty() ? room.freed : room.fillers.back().pad;
    // Filler where there was the same before is copied: it is no change.
    auto fill = [&](u64 to, u8 byte) {
        while (at < to) {
            auto f = std::find_if(room.fillers.begin(), room.fillers.end(), [&](auto& x) { return at < x.extent.end(); });
            bool before = f != room.fillers.end() && at < f->extent.offset;
            u64 stop = std::min(to, f == room.fillers.end() ? to : before ? f->extent.offset : f->extent.end());
            if (f != room.fillers.end() && !before && f->pad == byte)
                out.copy(space.slice({at, stop - at}));
            else
                out.fill(stop - at, byte);
            at = stop;
        }
    };
    if (grows && (room.fillers.empty() || fills_block(room))) {
        if (!room.fillers.empty()) fill(at + gap_to(at, kBlock), last);
        return out;
    }
    if (grows && at > end) end = at;
    if (room.fillers.empty()) {
        fill(end, last);
        return out;
    }
    auto& first = room.fillers[0];
    u64 freed = room.region.end();  // bytes up to here get the last filler's byte
    for (u64 multiple : {4096, 1024, 512}) {
        if ((first.extent.end() - begin) % multiple) continue;
        u64 to = at + gap_to(at - begin, multiple);
        if (grows) end = std::max(end, to);
        fill(std::min(to, end), first.pad);
        freed = first.extent.end();
        break;
    }
    fill(std::min(freed, end), last);
    if (at < end) out.copy(space.slice({at, end - at}));
    return out;
}

}  // namespace fieldstrip
