// Three ways to a stream's end. Straight: block headers and LZMA2 chunk headers lead to the index and the footer, and either of those two
// proves the other's place. By its footer, where something in between is damaged: one whose index's sizes add up to exactly the way back to
// our header. Else to the end of the bytes, where it is those that end too early.
#include "formats/xz/stream.h"

namespace fieldstrip::xz {
namespace {

constexpr u64 kSearch = u64{64} << 20;   // how far a footer is looked for
constexpr size_t kMostBlocks = 1 << 20;  // of one file, and as many streams
constexpr u64 kSmallestIndex = 8;

struct Footer {
    u64 index_size;
    u8 check;
};
/// Its crc32 holds, its magic is there, its flags are valid.
std::optional<Footer> read_footer(ByteView b) {
    if (b.size() < kFooterSize || !equal(b.subspan(10, 2), kFooterMagic) || crc32(b.subspan(4, 6)) != le32(b)) return {};
    auto check = read_flags(b.subspan(8));
    if (!check) return {};
    return Footer{(u64{le32(b, 4)} + 1) * 4, *check};
}

class Reader {
  public:
    Reader(ByteView bytes, Context& cx) : all_(bytes), cx_(cx) {}
    std::expected<File, No> read(bool must_begin);

  private:
    enum class Way {
        Whole,
        Cut,
        Broken,
        Stop
    };
    bool one(bool must_begin);
    Way straight(Stream&);
    Way end_of(Stream&, u64 at);
    u64 search_end(u64 at) const;
    bool by_footer(Stream&);
    bool accept(Stream&, Footer, u64 footer_at);
    void add(Stream&);
    u64 next_stream(u64 at) const;
    bool pay(u64 n) { return cx_.spend(&Limits::decoded, n).has_value() || (why_ = "a limit was met", false); }
    bool no(std::string_view why) { return why_ = why, false; }
    /// Headers that lead readers through the same bytes again and again have to be paid for. With nothing left to pay, chunks and blocks as
    /// large as encoders make them are still followed.
    u64 free_steps(u64 bytes) const { return 256 + bytes / 4096; }
    bool step(u64 n, u64 bytes) { return steps_ += n, pay(8 * n) || steps_ <= free_steps(bytes); }
    lzma2::Chunks chunks(ByteView b) { return lzma2::walk(b, kUnbounded, kUnbounded, pay(0) ? kUnbounded : free_steps(b.size())); }

    ByteView all_;
    Context& cx_;
    File file_;
    u64 steps_ = 0;
    std::string_view why_ = "no stream header";
};

Reader::Way Reader::straight(Stream& s) {
    u64 at = s.at + kHeaderSize;
    for (;;) {
        if (at >= all_.size()) return Way::Cut;
        if (!all_[at]) return end_of(s, at);
        if (file_.blocks.size() >= kMostBlocks) return no("more blocks than 2^20"), Way::Stop;
        auto header = read_block_header(all_.subspan(at));
        if (!header || !header->crc_holds) {
            if (end_of(s, at) == Way::Whole) return Way::Whole;  // an index whose first byte is damaged
            return all_.size() - at < (u64{all_[at]} + 1) * 4 ? Way::Cut : Way::Broken;
        }
        Block b{.at = at, .header = header->size, .header_holds = true};
        b.seen = chunks(all_.subspan(b.payload_at()));
        if (!step(b.seen.count + 8, b.payload_at() + b.seen.size)) return Way::Stop;
        b.payload = b.seen.cut ? all_.size() - b.payload_at() : b.seen.size;
        b.content = b.seen.content;
        if (!b.seen.ended && (!b.seen.cut || !b.seen.count)) return Way::Broken;
        file_.blocks.push_back(b);
        s.count++;
        if (!b.seen.ended || b.check_at() + check_size(s.check) > all_.size()) return Way::Cut;
        if (header->compressed.value_or(b.payload) != b.payload) return Way::Broken;
        auto padding = all_.subspan(b.padding().offset, b.padding().size);
        bool clean = std::all_of(padding.begin(), padding.end(), [](u8 c) { return !c; });
        s.blocks_hold = s.blocks_hold && clean && header->content.value_or(b.content) == b.content;
        at = b.check_at() + check_size(s.check);
    }
}

/// The index at `at` and the footer behind it: one of them has to hold, and to say what was seen.
Reader::Way Reader::end_of(Stream& s, u64 at) {
    auto rest = all_.subspan(at);
    std::vector<Record> seen;
    for (auto& b : file_.of(s)) seen.push_back({b.header + b.payload + check_size(s.check), b.content});
    auto expected = write_index(seen);
    auto there = std::min(rest.size(), expected.size());
    if (rest.size() < expected.size() + kFooterSize && equal(rest.first(there), ByteView(expected).first(there))) return Way::Cut;
    auto shape = read_index_shape(rest);
    s.index_holds = shape && index_crc_holds(rest, *shape);
    s.index = {at, s.index_holds ? shape->size : u64{expected.size()}};
    if (s.index_holds) {
        auto records = read_records(rest, *shape);
        if (records.size() != seen.size()) return Way::Broken;
        for (size_t i = 0; i < records.size(); i++) {
            if (records[i].unpadded != seen[i].unpadded) return Way::Broken;
            if (records[i].content != seen[i].content) s.blocks_hold = false;
            file_.blocks[s.first + i].content = records[i].content;
        }
    }
    s.footer = {s.index.end(), kFooterSize};
    s.end = s.footer.end();
    if (s.end > all_.size()) return Way::Broken;
    auto footer = read_footer(all_.subspan(s.footer.offset));
    s.footer_holds = footer && footer->check == s.check && footer->index_size == s.index.size;
    return s.index_holds || s.footer_holds ? Way::Whole : Way::Broken;
}

/// How far a footer is looked for. An xz file may have others in it; where they are many, this one's footer is not behind all of them: so
/// headers by the thousand are not each looked behind.
u64 Reader::search_end(u64 at) const {
    constexpr int kOthers = 16;
    const u64 end = std::min<u64>(all_.size(), at + kSearch);
    at += kHeaderSize;
    for (int others = 0; at < end; at++) {
        auto* hit = static_cast<const u8*>(memmem(all_.data() + at, end - at, kMagic, sizeof kMagic));
        if (!hit) return end;
        at = u64(hit - all_.data());
        auto b = all_.subspan(at);
        if (b.size() >= kHeaderSize && read_flags(b.subspan(6)) && crc32(b.subspan(6, 2)) == le32(b, 8) && ++others == kOthers) return at;
    }
    return end;
}

bool Reader::by_footer(Stream& s) {
    const u64 end = search_end(s.at);
    if (!pay((end - s.at) / 16)) return false;
    for (u64 at = s.at + kHeaderSize + kSmallestIndex; at + kFooterSize <= end;) {
        auto* y = static_cast<const u8*>(std::memchr(all_.data() + at + 10, 'Y', end - at - 11));
        u64 next = y ? u64(y - all_.data()) - 10 : end;
        if (!y) return no("its blocks lead to no index, and no footer leads back to it");
        at = next + 1;
        if ((next - s.at) % 4) continue;
        if (auto footer = read_footer(all_.subspan(next)); footer && accept(s, *footer, next)) return true;
    }
    return no("its blocks lead to no index, and no footer leads back to it");
}

bool Reader::accept(Stream& s, Footer footer, u64 footer_at) {
    u64 room = footer_at - s.at;
    if (footer.index_size > room - kHeaderSize) return false;
    u64 index_at = footer_at - footer.index_size;
    auto index = all_.subspan(index_at, footer.index_size);
    if (index[0] || !pay(footer.index_size / 4)) return false;
    auto shape = read_index_shape(index);
    if (!shape || shape->size != index.size() || !index_crc_holds(index, *shape) || shape->records > kMostBlocks - s.first) return false;
    auto records = read_records(index, *shape);
    u64 at = s.at + kHeaderSize, check = check_size(footer.check);
    for (auto& r : records) {
        if (r.unpadded <= check || r.unpadded > index_at - at || gap_to(r.unpadded, 4) > index_at - at - r.unpadded) return false;
        at += r.unpadded + gap_to(r.unpadded, 4);
    }
    if (at != index_at) return false;
    s.check = footer.check;
    s.index = {index_at, index.size()};
    s.footer = {footer_at, kFooterSize};
    s.end = s.footer.end();
    s.index_holds = s.footer_holds = s.sizes_known = true;
    s.cut = false;
    s.blocks_hold = true;
    file_.blocks.resize(s.first);
    at = s.at + kHeaderSize;
    for (auto& r : records) {
        Block b{.at = at, .content = r.content};
        auto bytes = all_.subspan(at, r.unpadded - check);
        auto header = read_block_header(bytes);
        u64 header_size = (u64{bytes[0]} + 1) * 4;
        b.header = header_size < bytes.size() ? header_size : 0;
        b.header_holds = header && header->crc_holds;
        b.payload = bytes.size() - b.header;
        b.seen = chunks(bytes.subspan(b.header));
        if (!step(b.seen.count + 8, at)) return false;
        // The sizes of the index are of header, payload and check, so what is left to 4 bytes lies behind the payload.
        auto padding = all_.subspan(b.padding().offset, b.padding().size);
        bool clean = std::all_of(padding.begin(), padding.end(), [](u8 c) { return !c; });
        s.blocks_hold = s.blocks_hold && clean && b.header_holds && b.seen.ended && b.seen.size == b.payload && b.seen.content == b.content;
        file_.blocks.push_back(std::move(b));
        at += r.unpadded + gap_to(r.unpadded, 4);
    }
    s.count = records.size();
    return true;
}

void Reader::add(Stream& s) {
    unsigned bits = 0;
    if (s.header_holds) bits += 48 + 12 + 32;  // magic, flags of 16 values, their crc32
    for (auto& b : file_.of(s)) {
        if (b.header_holds) bits += 32;
        if (b.seen.ended && b.seen.size == b.payload) bits += 8;
    }
    if (!s.cut && s.index_holds) bits += 32 + 8;
    if (!s.cut && s.footer_holds) bits += 32 + 16 + 12;
    constexpr unsigned kEnough = 1 << 20;
    file_.bits = std::min(file_.bits + bits, kEnough);
    file_.sound = file_.sound && s.sound();
    file_.size = s.end;
    file_.streams.push_back(s);
}

bool Reader::one(bool must_begin) {
    Stream s{.at = file_.size, .first = file_.blocks.size()};
    auto bytes = all_.subspan(s.at);
    if (bytes.size() < kHeaderSize + kSmallestIndex) return no("nothing behind the stream header");
    auto check = read_flags(bytes.subspan(6));
    bool crc = check && crc32(bytes.subspan(6, 2)) == le32(bytes, 8);
    size_t same = 0;
    for (size_t i = 0; i < sizeof kMagic; i++) same += bytes[i] == kMagic[i];
    bool magic = same == sizeof kMagic;
    if (!magic && (must_begin || !crc || same < 4)) return no("no stream header");
    if (!crc) {
        auto behind = bytes.subspan(kHeaderSize);
        auto block = read_block_header(behind);
        bool empty = equal(behind.first(kSmallestIndex), write_index({}));
        if (!empty && (!block || !block->crc_holds))
            return no("the crc32 of the stream header is wrong, and that of the first block header");
    }
    s.header_holds = magic && crc;
    s.check = check.value_or(0);
    auto way = crc ? straight(s) : Way::Broken;
    if (way == Way::Stop) return false;
    if (way != Way::Whole) {
        Stream found{.at = s.at, .first = s.first};
        found.header_holds = s.header_holds;
        auto walked = std::vector<Block>(file_.blocks.begin() + std::ptrdiff_t(s.first), file_.blocks.end());
        if (by_footer(found)) {
            if (found.check != s.check) found.header_holds = false;
            s = found;
        } else {
            file_.blocks.resize(s.first);
            if (way != Way::Cut || !s.count || !s.header_holds)
                return way == Way::Cut ? no("cut before there is more than headers") : false;
            file_.blocks.insert(file_.blocks.end(), walked.begin(), walked.end());
            s.cut = true, s.index_holds = s.footer_holds = s.sizes_known = false;
            s.index = s.footer = {};
            s.end = all_.size();
        }
    }
    add(s);
    return true;
}

/// Where the next stream begins: behind zeros, a multiple of 4. 0: nothing like it.
u64 Reader::next_stream(u64 at) const {
    u64 end = std::min<u64>(all_.size(), at + kMaxPadding + 1), to = at;
    while (to < end && !all_[to]) to++;
    return (to - at) % 4 || to >= end ? 0 : to;
}

std::expected<File, No> Reader::read(bool must_begin) {
    if (!one(must_begin)) return std::unexpected(No{why_});
    while (!file_.streams.back().cut && file_.streams.size() < kMostBlocks) {
        u64 end = file_.size, next = next_stream(end);
        if (!next || !step(8, end)) break;
        file_.size = next;
        if (!one(false)) {
            file_.size = end;
            file_.blocks.resize(file_.streams.back().first + file_.streams.back().count);
            break;
        }
        file_.streams[file_.streams.size() - 2].padding = next - end;
    }
    return std::move(file_);
}

}  // namespace

std::expected<File, No> read(ByteView bytes, bool must_begin, Context& cx) { return Reader(bytes, cx).read(must_begin); }

}  // namespace fieldstrip::xz
