// The same content in more bytes: for streams that fill a place whose end is read by others (a kernel's decompressor finds the size of what
// is decoded in the last four bytes of its stream). Source: RFC 1951, 3.2.3: blocks may hold nothing; RFC 1952: a name may be there.
#include "formats/gzip/members.h"

namespace fieldstrip::gzip {
namespace {

/// Blocks without content, `fixed` of them with the fixed code (10 bits each) and a stored one behind them, which ends with a byte. They
/// begin with one.
Bytes empty_blocks(unsigned fixed) {
    const unsigned bits = 10 * fixed + 3;
    Bytes out((bits + 7) / 8);
    for (unsigned i = 0; i < fixed; i++) {
        const unsigned type = 10 * i + 1;  // its low bit: 01 behind "not the last", then the end of the block, 7 zeros
        out[type / 8] = u8(out[type / 8] | 1u << type % 8);
    }
    for (u8 length : {u8{0}, u8{0}, u8{0xFF}, u8{0xFF}}) out.push_back(length);
    return out;
}

/// Exactly so many bytes of such blocks; nothing where no number of them makes it (1 to 4, and 8).
std::optional<Bytes> filler(u64 size) {
    Bytes out;
    const auto five = empty_blocks(0), six = empty_blocks(1), seven = empty_blocks(2), nine = empty_blocks(3);
    auto add = [&](const Bytes& b, u64 times) {
        for (; times--; size -= b.size()) out.insert(out.end(), b.begin(), b.end());
    };
    if (size < 5 || size == 8) return {};
    switch (size % 5) {
        case 1: add(six, 1); break;
        case 2: add(seven, 1); break;
        case 3: add(six, 1), add(seven, 1); break;
        case 4: add(nine, 1); break;
        default: break;
    }
    add(five, size / 5);
    return out;
}

}  // namespace

Result<Rope> stretch(const Rope& stream, u64 size) {
    auto bytes = stream.joined();
    auto header = read_header(bytes.view());
    if (!header) return fail(Error::Kind::Unsupported, "no gzip stream: " + std::string(header.error()));
    if (size < bytes.size()) return too_big("the gzip stream", bytes.size(), size);
    const u64 more = size - bytes.size();
    Rope out;
    if (!more) return out.copy(bytes), out;
    if (auto blocks = filler(more)) {
        out.copy(bytes.slice({0, header->size}));
        out.fresh(*std::move(blocks));
    } else if (!header->flags) {
        Bytes named(bytes.view().begin(), bytes.view().begin() + std::ptrdiff_t(header->size));
        named[3] = kName;
        named.insert(named.end(), more - 1, u8{'x'});
        named.push_back(0);
        out.fresh(std::move(named));
    } else {
        return fail(Error::Kind::Unsupported, "a gzip stream with a name can't be made " + std::to_string(more) + " bytes longer");
    }
    out.copy(bytes.slice({header->size, bytes.size() - header->size}));
    return out;
}

}  // namespace fieldstrip::gzip
