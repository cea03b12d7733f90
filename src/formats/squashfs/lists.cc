// Source: squashfs-tools mksquashfs.c (when it begins a new header, and an index entry), squashfs-tools-ng lib/sqfs/dir_writer.c.
#include "formats/squashfs/lists.h"

namespace fieldstrip::squashfs {
namespace {

constexpr i64 kMostDelta = 32767;
constexpr u32 kMostListed = 256;  // behind one header

class Writer {
  public:
    explicit Writer(Endian endian) : endian_(endian) {}
    MadeList out;
    u64 size() const { return out.bytes.size(); }
    u32 count = 0;
    u64 block = 0;
    u32 number = 0;

    void begin(const Listing& l) {
        end();
        header_ = size(), count = 0, block = l.place >> 16, number = l.number;
        out.bytes.resize(size() + ListHeader::kSize);
        open_ = true;
    }
    void add(const Listing& l) {
        put(ListEntry{u16(l.place), u16(l.number - number), l.kind, u16(l.name.size() - 1)});
        out.bytes.insert(out.bytes.end(), l.name.begin(), l.name.end());
        count++;
    }
    void end() {
        if (!open_) return;
        auto h = write_record(ListHeader{count - 1, u32(block), number}, endian_);
        std::copy(h.begin(), h.end(), out.bytes.begin() + i64(header_));
    }

  private:
    void put(const auto& record) {
        auto b = write_record(record, endian_);
        out.bytes.insert(out.bytes.end(), b.begin(), b.end());
    }
    Endian endian_;
    u64 header_ = 0;
    bool open_ = false;
};

u64 length(const Listing& l) { return ListEntry::kSize + l.name.size(); }

MadeList by_mksquashfs(std::span<const Listing> all, Endian endian) {
    Writer w(endian);
    u64 indexed = 0;
    for (auto& l : all) {
        bool first = !w.size(), full = !first && w.size() + length(l) - indexed > kMetadata;
        i64 delta = i64(l.number) - i64(w.number);
        if (first || full || w.count == kMostListed || l.place >> 16 != w.block || delta > kMostDelta || delta < -kMostDelta - 1) {
            if (full) w.out.index.push_back({u32(w.size()), std::string(l.name)}), indexed = w.size();
            w.begin(l);
        }
        w.add(l);
    }
    w.end();
    w.out.indexed = !w.out.index.empty();
    return std::move(w.out);
}

MadeList by_libsquashfs(std::span<const Listing> all, u64 offset, Endian endian) {
    Writer w(endian);
    while (!all.empty()) {
        auto& head = all[0];
        u64 size = (offset + w.size() + ListHeader::kSize) % kMetadata;
        w.out.index.push_back({u32(w.size()), std::string(head.name)});
        w.begin(head);
        for (; !all.empty() && w.count < kMostListed; all = all.subspan(1)) {
            auto& l = all[0];
            i64 delta = i64(l.number) - i64(head.number);
            size += length(l);
            if (l.place >> 16 != w.block || delta > kMostDelta || delta < -kMostDelta || (w.count && size > kMetadata)) break;
            w.add(l);
        }
    }
    w.end();
    w.out.indexed = w.size() + 3 > 0xFFFF;
    return std::move(w.out);
}

}  // namespace

MadeList list_of(Maker maker, std::span<const Listing> all, u64 offset, Endian endian) {
    return maker == Maker::Mksquashfs ? by_mksquashfs(all, endian) : by_libsquashfs(all, offset, endian);
}

}  // namespace fieldstrip::squashfs
