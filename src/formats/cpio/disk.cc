#include "formats/cpio/disk.h"

#include "base/text.h"

namespace fieldstrip::cpio {
namespace {

using namespace std::literals;

constexpr u64 kMax32 = 0xFFFF'FFFF, kMax16 = 0xFFFF, kOctal6 = 0777777, kOctal11 = 077777777777;
constexpr u64 kLongestName = 0x10000;  // what is longer is no name: no system opens it
constexpr unsigned kHexBits = 13 * 8 * 3, kOctalBits = 70 * 5;

// The number of a device is one field in odc and bin: the minor number is its low 8 bits, as in Linux's makedev().
constexpr Shape kShapes[] = {
    {"newc", "070701", 110, 4, kMax32, kMax32, kMax32, {kMax32, kMax32}, kLongestName, true, 48 + kHexBits},
    {"crc", "070702", 110, 4, kMax32, kMax32, kMax32, {kMax32, kMax32}, kLongestName, true, 48 + kHexBits},
    {"odc", "070707", 76, 1, kOctal6, kOctal11, kOctal11, {kOctal6 >> 8, 255}, kLongestName, false, 48 + kOctalBits},
    {"bin-le", "\xC7\x71", 26, 2, kMax16, kMax32, kMax32, {kMax16 >> 8, 255}, kMax16, false, 16},
    {"bin-be", "\x71\xC7", 26, 2, kMax16, kMax32, kMax32, {kMax16 >> 8, 255}, kMax16, false, 16},
};

struct Hex : Header {
    std::string_view magic = {};
    void fields(auto& io) {
        io.text(magic);
        for (u64* field :
             {&ino, &mode, &uid, &gid, &nlink, &mtime, &size, &dev.major, &dev.minor, &rdev.major, &rdev.minor, &name_size, &check})
            io.ascii(*field, 8, 16);
    }
};

/// The one number that a device is.
struct Packed : Header {
    u64 device = 0, special = 0;
    void pack() { device = dev.major << 8 | dev.minor, special = rdev.major << 8 | rdev.minor; }
    void unpack() { dev = {device >> 8, device & 255}, rdev = {special >> 8, special & 255}; }
};

struct Octal : Packed {
    void fields(auto& io) {
        io.text("070707");
        for (u64* field : {&device, &ino, &mode, &uid, &gid, &nlink, &special}) io.ascii(*field, 6, 8);
        io.ascii(mtime, 11, 8), io.ascii(name_size, 6, 8), io.ascii(size, 11, 8);
    }
};

struct Words : Packed {
    u16 magic = 070707;
    void fields(auto& io) {
        io(magic, 2);
        for (u64* field : {&device, &ino, &mode, &uid, &gid, &nlink, &special}) io(*field, 2);
        // The high word comes first in either order of bytes, as on a PDP-11.
        u64 time[2] = {mtime >> 16, mtime & kMax16}, length[2] = {size >> 16, size & kMax16};
        io(time[0], 2), io(time[1], 2), io(name_size, 2), io(length[0], 2), io(length[1], 2);
        mtime = time[0] << 16 | time[1], size = length[0] << 16 | length[1];
    }
};

bool is_hex_digit(u8 c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <class T>
std::optional<Header> unpacked(std::optional<T> record) {
    if (!record) return {};
    record->unpack();
    return *record;
}

Endian order_of(Variant v) { return v == Variant::BinLittle ? Endian::Little : Endian::Big; }

}  // namespace

const Shape& shape_of(Variant v) { return kShapes[size_t(v)]; }

std::optional<Variant> variant_named(std::string_view name) {
    for (auto v : kVariants)
        if (shape_of(v).name == name) return v;
    return {};
}

std::optional<Variant> variant_at(ByteView in) {
    if (in.size() < 6) return {};
    switch (in[0]) {
        case 0xC7: return in[1] == 0x71 ? std::optional(Variant::BinLittle) : std::nullopt;
        case 0x71: return in[1] == 0xC7 ? std::optional(Variant::BinBig) : std::nullopt;
        case '0': break;
        default: return {};
    }
    constexpr u32 kFirst = '0' | '7' << 8 | '0' << 16 | '7' << 24;
    if (le32(in) != kFirst || in[4] != '0') return {};
    switch (in[5]) {
        case '1': return Variant::Newc;
        case '2': return Variant::Crc;
        case '7': return Variant::Odc;
        default: return {};
    }
}

u64 name_size_at(ByteView header, Variant v) {
    auto digits = [&](u64 at, u64 width, unsigned base) {
        u64 n = 0;
        for (u8 c : header.subspan(at, width)) {
            const unsigned d = c >= 'a' ? c - 'a' + 10u : c >= 'A' ? c - 'A' + 10u : unsigned(c - '0');
            if (d >= base) return u64{0};
            n = n * base + d;
        }
        return n;
    };
    switch (v) {
        case Variant::Newc:
        case Variant::Crc: return digits(94, 8, 16);
        case Variant::Odc: return digits(59, 6, 8);
        case Variant::BinLittle:
        case Variant::BinBig: return load(header.subspan(20, 2), 2, order_of(v));
    }
    return 0;
}

std::optional<Header> read_header(ByteView in, Variant v) {
    auto& shape = shape_of(v);
    if (in.size() < shape.header || !starts_with(in, shape.magic)) return {};
    in = in.first(shape.header);
    switch (v) {
        case Variant::Newc:
        case Variant::Crc: {
            for (u8 c : in.subspan(6))
                if (!is_hex_digit(c)) return {};
            Hex record;
            record.magic = shape.magic;
            RecordReader io(in, Endian::Big);
            record.fields(io);
            if (!io.good()) return {};
            return record;
        }
        case Variant::Odc: return unpacked(read_record<Octal>(in));
        case Variant::BinLittle:
        case Variant::BinBig: return unpacked(read_record<Words>(in, order_of(v)));
    }
    return {};
}

Bytes write_header(const Header& h, Variant v) {
    auto packed = [&](auto record) {
        record.pack();
        return write_record(std::move(record), order_of(v));
    };
    switch (v) {
        case Variant::Newc:
        case Variant::Crc: return write_record(Hex{h, shape_of(v).magic});
        case Variant::Odc: return packed(Octal{{h}});
        case Variant::BinLittle:
        case Variant::BinBig: return packed(Words{{h}});
    }
    return {};
}

Digits Digits::of(ByteView header, Variant v) {
    Digits out;
    if (v != Variant::Newc && v != Variant::Crc) return out;
    bool upper = false, lower = false;
    for (size_t i = 0; i < out.lower.size(); i++) {
        u8 c = header[6 + i];
        out.lower[i] = c >= 'a';
        (c >= 'a' ? lower : upper) |= c >= 'A';
    }
    out.which = upper && lower ? Mixed : upper ? Upper : lower ? Lower : Any;
    if (out.which != Mixed) out.lower = {};
    return out;
}

void Digits::apply(std::span<u8> header) const {
    if (which != Lower && which != Mixed) return;
    for (size_t i = 0; i < lower.size() && 6 + i < header.size(); i++)
        if (header[6 + i] >= 'A' && (which == Lower || lower[i])) header[6 + i] |= 0x20;
}

std::string Digits::text() const {
    if (which != Mixed) return which == Upper ? "upper" : which == Lower ? "lower" : "";
    Bytes bits(lower.size() / 8);
    for (size_t i = 0; i < lower.size(); i++) bits[i / 8] |= u8(lower[i] << (7 - i % 8));
    return hex(bits);
}

std::optional<Digits> Digits::of_text(std::string_view s) {
    if (s.empty()) return Digits{};
    if (s == "upper") return Digits{.which = Upper};
    if (s == "lower") return Digits{.which = Lower};
    Digits out{.which = Mixed};
    auto bits = from_hex(s);
    if (!bits || bits->size() != out.lower.size() / 8) return {};
    for (size_t i = 0; i < out.lower.size(); i++) out.lower[i] = (*bits)[i / 8] >> (7 - i % 8) & 1;
    return out;
}

}  // namespace fieldstrip::cpio
