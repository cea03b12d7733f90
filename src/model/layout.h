// A layout says once what the bytes of a structure are; reading, showing, verifying, setting and rebuilding all follow from it.
#pragma once
#include <map>

#include "base/digest.h"
#include "model/check.h"
#include "model/finding.h"

namespace fieldstrip {

/// Pieces from `first` to `last`, both included, in the order of the bytes; without names: the whole structure.
struct Range {
    std::string first = {}, last = {};
    Range() = default;
    Range(std::string piece) : first(piece), last(std::move(piece)) {}
    Range(const char* piece) : Range(std::string(piece)) {}
    Range(std::string f, std::string l) : first(std::move(f)), last(std::move(l)) {}
};

/// What a derived field must equal. Data and not code: the same rule verifies, repairs, rebuilds, is printed, and says which bytes it
/// covers. Reads like the format's own documentation: `offset_of("kernel") / 512`, `size_of({"size[0]", "part[3]"}) + 8`.
struct Rule {
    enum class Kind {
        Size,
        Begin,
        End,        // a number: of the ranges together, or of one relative to `base`; divided by `unit`, then `plus`
        Digest,     // over the ranges one after the other, in the order given, wherever they lie
        Signature,  // over the ranges too, but nobody here can make it
        Inside,     // kept by what is inside of the item, which verifies it too (a stream's crc of its content)
    } kind;
    std::vector<Range> over = {};
    const Digest* digest = nullptr;
    std::string base = {};  // Begin, End: measured from where this piece begins
    u64 unit = 1;
    i64 plus = 0;
    Bytes self = {};  // what the field's own bytes count as within its own digest, repeated (a salt is as long as the field); none: zeros
};
inline Rule size_of(Range r) { return {.kind = Rule::Kind::Size, .over = {std::move(r)}}; }
inline Rule offset_of(Range r, std::string base = {}) {
    return {.kind = Rule::Kind::Begin, .over = {std::move(r)}, .base = std::move(base)};
}
inline Rule end_of(Range r, std::string base = {}) { return {.kind = Rule::Kind::End, .over = {std::move(r)}, .base = std::move(base)}; }
inline Rule operator/(Rule r, u64 unit) {
    r.unit = unit;
    return r;
}
inline Rule operator+(Rule r, i64 n) {
    r.plus += n;
    return r;
}
inline Rule operator-(Rule r, i64 n) {
    r.plus -= n;
    return r;
}
inline Rule digest_of(const Digest& d, std::vector<Range> over) {
    return {.kind = Rule::Kind::Digest, .over = std::move(over), .digest = &d};
}
inline Rule crc32_of(Range r) { return digest_of(digest::crc32, {std::move(r)}); }
inline Rule copy_of(Range r) { return digest_of(digest::copy, {std::move(r)}); }
inline Rule signature_of(std::vector<Range> over) { return {.kind = Rule::Kind::Signature, .over = std::move(over)}; }
inline Rule kept_inside() { return {.kind = Rule::Kind::Inside}; }
/// "crc32 of magic to name": for people.
std::string words_of(const Rule&);

using Names = std::map<u64, std::string_view>;

/// Some bits of a number that mean something by themselves: `flags.compressed`.
struct Bits {
    std::string_view name;
    unsigned shift, width;
    const Names* names = nullptr;
};

/// One run of a layout. Pieces tile the structure: every byte has one.
struct Piece {
    enum class Kind {
        Magic,  // what it must be
        Number,
        Text,
        Raw,      // fields: up to 8 bytes of number; text; bytes shown in hex
        Part,     // what others may know more about
        Padding,  // filler up to a multiple of `align` (0: of fixed size)
        Slack,    // what is left of a structure whose size never changes: gives to what is before it, and takes; its end stays as it is
        Opaque,   // the rest
    } kind;
    std::string name = {};
    Extent extent = {};
    Endian endian = Endian::Big;
    std::optional<Rule> rule = {};  // derived: not settable
    const Names* names = nullptr;   // for values that have names
    enum class Show {
        Number,
        Hex,
        Time
    } show = Show::Number;
    std::span<const Bits> bits = {};
    enum class Fit {
        Free,        // any size, what is behind moves: parts and counted texts
        Fixed,       // this extent, ever: shorter content is filled up. Numbers, fixed texts, and slots that others point to
        Exact,       // this extent, ever, all of it: parts whose last bytes others read. A shorter one is made longer by its format
        Terminated,  // a text of any size with a NUL behind it
    } fit = Fit::Fixed;
    u64 align = 0;
    u8 filler = 0;
    /// Terminated: bytes before the value that come and go with it ("bootdelay="); an empty value has no bytes at all.
    std::string prefix = {};
    /// Part: the formats that the field `said_by` says it to be. Empty: nothing is said.
    std::vector<std::string_view> said = {};
    std::string said_by = {};
    bool has_slot() const { return fit == Fit::Fixed || fit == Fit::Exact; }
    bool is_field() const { return kind == Kind::Number || kind == Kind::Text || kind == Kind::Raw; }
};

/// How a field that is not there is made: a variable, a property.
struct More {
    std::string_view what;  // "variable": for people
    std::string before;     // the piece that new ones stand before
    /// A piece without bytes yet, by the name that people gave; its own name may be another spelling of it, which may be there already.
    Result<Piece> (*make)(std::string_view name) = nullptr;
};

struct Layout {
    std::vector<Piece> pieces;  // by offset, without holes
    std::vector<Finding> findings;
    u64 size = 0;
    unsigned bits = 0;  // of proof: counted by the walk, for magics and required values

    const Piece* find(std::string_view name) const;
    std::optional<size_t> index_of(std::string_view name) const;
    /// Makes names known again, after pieces were changed. A piece is told that is called as another one, which must not be.
    const Piece* know_names();
    /// First and last piece of a range, as indices; checked when the layout was made.
    std::pair<size_t, size_t> indices(const Range&) const;
    Extent extent(const Range&) const;
    std::optional<More> more = {};

  private:
    std::vector<u32> by_name_;  // pieces that have names, in the order of those
};

/// The same with a new field of that name, without bytes, where `more` says; as it is where the field is there or none can be made.
Result<Layout> with_field(Layout, std::string_view name);

/// Where the bytes of piece i are got from: the original when verifying, what is becoming of it when rebuilding.
using PieceBytes = std::function<void(size_t i, const Eat&)>;

/// The bytes that the rule of piece i asks for, as they are stored. Nothing for what can't be computed here.
std::optional<Bytes> value_of(const Layout&, size_t i, const PieceBytes&);
/// Derived pieces so that each comes behind those that it depends on: sizes and offsets, then digests, inner ones first.
std::vector<size_t> derived_in_order(const Layout&);
/// The bytes that the rule of a piece vouches for, its own left out; none for sizes and offsets.
std::vector<Extent> covers_of(const Layout&, const Piece&);
/// Every derived field, held against the bytes.
void check(const Layout&, ByteView, const CheckSink&);
/// Whether one holds; by name it is what a recogniser asks.
bool holds(const Layout&, size_t i, ByteView);
bool holds(const Layout&, std::string_view name, ByteView);

/// A field's value for people and for the .toml, and back. show(parse(x)) == x is a law. (model/fields.cc)
std::string show(const Piece&, ByteView);
Result<Bytes> parse(const Piece&, std::string_view);
/// "flags.compressed" is a field's bits; a name without them is the field itself, in any spelling that `more` knows. Nothing where there is
/// none.
struct FieldName {
    size_t piece;
    const Bits* bits = nullptr;
};
std::optional<FieldName> find_field(const Layout&, std::string_view name);
/// As show and parse, of some bits of a number: `now` is what the whole piece holds.
std::string show_bits(const Piece&, const Bits&, ByteView);
Result<Bytes> parse_bits(const Piece&, const Bits&, ByteView now, std::string_view);

}  // namespace fieldstrip
