// The ground: bytes, extents, results. Knows nothing of firmware.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fieldstrip {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;
using ByteView = std::span<const u8>;
using Bytes = std::vector<u8>;

enum class Endian {
    Little,
    Big
};

/// For rooms and limits: as much as one likes.
constexpr u64 kUnbounded = ~u64{0};

/// A run of bytes in some space. Made from input only where `end()` is known not to wrap (Walk and the recognisers see to it).
struct Extent {
    u64 offset = 0, size = 0;
    u64 end() const { return offset + size; }
    bool holds(const Extent& o) const { return o.offset >= offset && o.end() <= end(); }
    bool meets(const Extent& o) const { return o.offset < end() && offset < o.end(); }
    bool operator==(const Extent&) const = default;
};

/// Why something could not be done, and where in the input.
struct Error {
    enum class Kind {
        NotThis,      // it is not what it was taken for
        Damaged,      // it is, but not whole
        Unsupported,  // asked for what can't be done, or must not
        TooBig,       // does not fit; `excess` says by how much
        Limit,        // a limit of the Context was met
        Io,           // the system said no
    } kind;
    std::string message;
    Extent where{};
    u64 excess = 0;  // TooBig: by so many bytes
};
template <class T>
using Result = std::expected<T, Error>;
inline std::unexpected<Error> fail(Error::Kind kind, std::string message, Extent where = {}) {
    return std::unexpected(Error{kind, std::move(message), where});
}
/// "WHAT needs 12 bytes and has room for 8": the excess is kept beside the words.
std::unexpected<Error> too_big(std::string_view what, u64 size, u64 room);

/// `auto x = TRY(f());`: the value, or out of the function with the error. A statement expression: both our compilers have it.
#define TRY(expr) TRY_NAMED_(TRY_JOIN_(tried_, __COUNTER__), expr)
#define TRY_JOIN_(a, b) TRY_JOIN_NOW_(a, b)
#define TRY_JOIN_NOW_(a, b) a##b
#define TRY_NAMED_(name, expr)                                      \
    ({                                                              \
        auto&& name = (expr);                                       \
        if (!name) return std::unexpected(std::move(name.error())); \
        *std::move(name);                                           \
    })
#define TRY_VOID(expr)                                                                     \
    do {                                                                                   \
        if (auto done_ = (expr); !done_) return std::unexpected(std::move(done_.error())); \
    } while (0)

/// Who keeps bytes alive: a mapped file, decoded memory, an unlinked spill file.
class Keeper {
  public:
    Keeper() = default;
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    virtual ~Keeper() = default;
    /// Says that these bytes are not needed soon: a mapping gives their memory back and reads them again if it must.
    virtual void forget(ByteView) const {}
};

/// Bytes with somebody who keeps them alive. Cheap to copy and to slice.
class Buffer {
  public:
    Buffer() = default;
    Buffer(std::shared_ptr<const Keeper> keeper, ByteView view) : keeper_(std::move(keeper)), view_(view) {}
    static Buffer own(Bytes bytes);
    ByteView view() const { return view_; }
    const std::shared_ptr<const Keeper>& keeper() const { return keeper_; }
    u64 size() const { return view_.size(); }
    /// `e` must lie inside.
    Buffer slice(Extent e) const { return {keeper_, view_.subspan(e.offset, e.size)}; }

  private:
    std::shared_ptr<const Keeper> keeper_;
    ByteView view_;
};

/// A number of up to 8 bytes at the beginning of `b`; of wider ones the low 64 bits.
template <class T>
u64 load_as(ByteView b, Endian endian) {
    T v;
    std::memcpy(&v, b.first(sizeof v).data(), sizeof v);
    return (endian == Endian::Big) == (std::endian::native == std::endian::big) ? v : std::byteswap(v);
}
inline u64 load(ByteView b, unsigned width, Endian endian) {
    switch (width) {
        case 2: return load_as<u16>(b, endian);
        case 4: return load_as<u32>(b, endian);
        case 8: return load_as<u64>(b, endian);
        default: break;
    }
    u64 v = 0;
    for (unsigned i = 0; i < width; i++) {
        u64 byte = b[endian == Endian::Big ? width - 1 - i : i];
        if (i < 8) v |= byte << (8 * i);
    }
    return v;
}
inline void store(std::span<u8> b, unsigned width, Endian endian, u64 v) {
    for (unsigned i = 0; i < width; i++) b[endian == Endian::Big ? width - 1 - i : i] = i < 8 ? u8(v >> (8 * i)) : u8{0};
}
inline u16 le16(ByteView b, u64 at = 0) { return u16(load(b.subspan(at, 2), 2, Endian::Little)); }
inline u32 le32(ByteView b, u64 at = 0) { return u32(load(b.subspan(at, 4), 4, Endian::Little)); }
inline u64 le64(ByteView b, u64 at = 0) { return load(b.subspan(at, 8), 8, Endian::Little); }
inline u32 be32(ByteView b, u64 at = 0) { return u32(load(b.subspan(at, 4), 4, Endian::Big)); }

/// The sum, unless it wraps: for numbers that come from input.
inline std::optional<u64> sum(u64 a, u64 b) { return a + b < a ? std::nullopt : std::optional(a + b); }
/// Bytes from `at` to the next multiple of `align` (which is not 0).
inline u64 gap_to(u64 at, u64 align) { return (align - at % align) % align; }
/// The byte that all of them are, if they are (and if there are any).
inline std::optional<u8> one_value(ByteView b) {
    if (b.empty() || std::memcmp(b.data(), b.data() + 1, b.size() - 1) != 0) return {};
    return b[0];
}
inline bool equal(ByteView a, ByteView b) { return a.size() == b.size() && (a.empty() || !std::memcmp(a.data(), b.data(), a.size())); }
inline bool starts_with(ByteView b, std::string_view prefix) {
    return b.size() >= prefix.size() && !std::memcmp(b.data(), prefix.data(), prefix.size());
}
inline ByteView as_bytes(std::string_view s) { return {reinterpret_cast<const u8*>(s.data()), s.size()}; }
inline std::string_view as_text(ByteView b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

}  // namespace fieldstrip
