// Source: XZ Utils, doc/xz-file-format.txt, sections 1.2 (numbers), 2.1 (headers and footers), 3.1 (block header), 3.4 (checks), 4 (index).
#include "formats/xz/wire.h"

#include "base/text.h"
#include "codecs/crc64.h"

namespace fieldstrip::xz {

const Names kChecks = {{0, "none"}, {1, "crc32"}, {4, "crc64"}, {10, "sha256"}};

u64 check_size(u8 id) { return id ? u64{4} << (id - 1) / 3 : 0; }
bool check_known(u8 id) { return kChecks.contains(id); }
std::string check_name(u8 id) { return check_known(id) ? std::string(kChecks.at(id)) : "check " + std::to_string(id); }
std::optional<u8> check_of(std::string_view name) {
    for (u8 id = 0; id < 16; id++)
        if (check_name(id) == name) return id;
    return {};
}

Bytes check_value(u8 id, const Feed& feed) {
    if (id == 10) return digest::sha256.of(feed);
    u64 value = 0;
    feed([&](ByteView v) {
        if (id == 1) value = crc32(v, u32(value));
        if (id == 4) value = crc64(v, value);
    });
    Bytes out(id == 1 ? 4 : id == 4 ? 8 : 0);
    store(out, unsigned(out.size()), Endian::Little, value);
    return out;
}

namespace {

/// 7 bits a byte, low ones first, the top bit says that more follow; at most 9 bytes and none that is not needed.
std::optional<u64> read_number(ByteView b, u64& at) {
    u64 v = 0;
    for (unsigned i = 0; i < 9 && at < b.size(); i++) {
        u8 byte = b[at++];
        v |= u64(byte & 0x7F) << (7 * i);
        if (!(byte & 0x80)) return i && !byte ? std::nullopt : std::optional(v);
    }
    return {};
}
void write_number(Bytes& out, u64 v) {
    for (; v > 0x7F; v >>= 7) out.push_back(u8(v | 0x80));
    out.push_back(u8(v));
}

void close(Bytes& out) {
    u32 crc = crc32(out);
    out.resize(out.size() + 4);
    store(std::span(out).last(4), 4, Endian::Little, crc);
}

}  // namespace

std::optional<u8> read_flags(ByteView b) {
    if (b.size() < 2 || b[0] || b[1] > 15) return {};
    return b[1];
}

std::optional<BlockHeader> read_block_header(ByteView b) {
    if (b.empty() || !b[0]) return {};
    BlockHeader h{.size = (u64{b[0]} + 1) * 4};
    if (b.size() < h.size || b[1] & 0x3C) return {};
    h.crc_holds = crc32(b.first(h.size - 4)) == le32(b, h.size - 4);
    b = b.first(h.size - 4);
    u8 flags = b[1];
    u64 at = 2;
    auto number = [&](std::optional<u64>& to) { return (to = read_number(b, at)).has_value(); };
    if ((flags & 0x40) && (!number(h.compressed) || !*h.compressed)) return {};
    if ((flags & 0x80) && !number(h.content)) return {};
    for (unsigned i = 0; i <= (flags & 3u); i++) {
        auto id = read_number(b, at), size = read_number(b, at);
        if (!id || !size || *size > b.size() - at) return {};
        auto properties = b.subspan(at, *size);
        h.chain.push_back({*id, Bytes(properties.begin(), properties.end())});
        at += *size;
    }
    auto& last = h.chain.back();
    if (last.id != lzma2::kLzma2 || last.properties.size() != 1 || last.properties[0] > 40) return {};
    for (size_t i = 0; i + 1 < h.chain.size(); i++)
        if (h.chain[i].id == lzma2::kLzma2) return {};
    if (std::any_of(b.begin() + std::ptrdiff_t(at), b.end(), [](u8 c) { return c != 0; })) return {};
    return h;
}

Bytes write_block_header(const BlockHeader& h) {
    Bytes out = {0, u8((h.compressed ? 0x40 : 0) | (h.content ? 0x80 : 0) | (h.chain.size() - 1))};
    if (h.compressed) write_number(out, *h.compressed);
    if (h.content) write_number(out, *h.content);
    for (auto& f : h.chain) {
        write_number(out, f.id);
        write_number(out, f.properties.size());
        out.insert(out.end(), f.properties.begin(), f.properties.end());
    }
    auto size = std::max<u64>(out.size() + gap_to(out.size(), 4) + 4, std::min<u64>(h.size, 1024));
    out.resize(size - 4);
    out[0] = u8(size / 4 - 1);
    close(out);
    return out;
}

std::optional<IndexShape> read_index_shape(ByteView b) {
    if (b.empty() || b[0]) return {};
    u64 at = 1;
    auto count = read_number(b, at);
    if (!count || *count > (b.size() - at) / 2) return {};
    for (u64 i = 0; i < 2 * *count; i++)
        if (!read_number(b, at)) return {};
    for (; at % 4; at++)
        if (at >= b.size() || b[at]) return {};
    if (b.size() - at < 4) return {};
    return IndexShape{at + 4, *count};
}
bool index_crc_holds(ByteView b, const IndexShape& s) { return crc32(b.first(s.size - 4)) == le32(b, s.size - 4); }

std::vector<Record> read_records(ByteView b, const IndexShape& s) {
    std::vector<Record> out(s.records);
    u64 at = 1;
    (void)read_number(b, at);
    for (auto& r : out) {
        r.unpadded = read_number(b, at).value_or(0);
        r.content = read_number(b, at).value_or(0);
    }
    return out;
}

Bytes write_index(std::span<const Record> records) {
    Bytes out = {0};
    write_number(out, records.size());
    for (auto& r : records) write_number(out, r.unpadded), write_number(out, r.content);
    out.resize(out.size() + gap_to(out.size(), 4));
    close(out);
    return out;
}

Bytes write_stream_header(u8 check) {
    Bytes flags = {0, check}, out(std::begin(kMagic), std::end(kMagic));
    close(flags);
    out.insert(out.end(), flags.begin(), flags.end());
    return out;
}

Bytes write_footer(u8 check, u64 index_size) {
    Bytes fields(6), out(4);
    store(fields, 4, Endian::Little, index_size / 4 - 1);
    fields[5] = check;
    store(out, 4, Endian::Little, crc32(fields));
    out.insert(out.end(), fields.begin(), fields.end());
    out.insert(out.end(), std::begin(kFooterMagic), std::end(kFooterMagic));
    return out;
}

}  // namespace fieldstrip::xz
