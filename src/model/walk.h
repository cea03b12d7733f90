// Reads a structure once and notes each piece on the way: the one description that a format with a header writes.
#pragma once
#include "model/layout.h"

namespace fieldstrip {

/// Goes wherever the structure sends it (`seek`); done() puts the pieces in order and owns what lies between.
/// Once something is wrong it stays wrong and reads zeros: walk straight down, check once. Loops must end on zeros or ask good().
class Walk {
  public:
    Walk(ByteView bytes, Endian endian) : bytes_(bytes), endian_(endian) {}

    class Noted {  // the piece just noted, to say more of it
      public:
        Noted(Walk& w, size_t i, u64 v) : walk_(w), index_(i), value_(v) {}
        Noted& is(Rule r) {
            return with([&](Piece& p) { p.rule = std::move(r); });
        }
        Noted& in(const Names& n) {
            return with([&](Piece& p) { p.names = &n; });
        }
        Noted& bits(std::span<const Bits> b) {
            return with([&](Piece& p) { p.bits = b; });
        }
        Noted& hex() {
            return with([&](Piece& p) { p.show = Piece::Show::Hex; });
        }
        Noted& time() {
            return with([&](Piece& p) { p.show = Piece::Show::Time; });
        }
        Noted& fit(Piece::Fit f, u8 filler = 0) {
            return with([&](Piece& p) { p.fit = f, p.filler = filler; });
        }
        /// Of a part: the field `by` says that it is one of these formats.
        Noted& said(std::string by, std::vector<std::string_view> formats) {
            return with([&](Piece& p) { p.said_by = std::move(by), p.said = std::move(formats); });
        }
        operator u64() const { return value_; }

      private:
        Noted& with(auto&& change) {
            if (index_ < walk_.layout_.pieces.size()) change(walk_.layout_.pieces[index_]);
            return *this;
        }
        Walk& walk_;
        size_t index_;
        u64 value_;
    };

    // Fields.
    void magic(std::string_view name, ByteView expected);
    Noted number(std::string_view name, unsigned width);
    Noted u8(std::string_view name) { return number(name, 1); }
    Noted u16(std::string_view name) { return number(name, 2); }
    Noted u32(std::string_view name) { return number(name, 4); }
    Noted u64(std::string_view name) { return number(name, 8); }
    Noted raw(std::string_view name, std::uint64_t size) { return note(Piece::Kind::Raw, name, size); }
    Noted text(std::string_view name, std::uint64_t size) { return note(Piece::Kind::Text, name, size); }
    Noted text_z(std::string_view name);  // up to and with its NUL
    // Parts: what others look into. One that runs past the end is cut there, and said to be.
    Noted part(std::string_view name, std::uint64_t size);
    Noted slot(std::string_view name, std::uint64_t size, std::uint8_t filler = 0) {
        return part(name, size).fit(Piece::Fit::Fixed, filler);
    }
    Noted opaque(std::string_view name, std::uint64_t size) { return note(Piece::Kind::Opaque, name, size); }
    void pad(std::uint64_t align, std::uint8_t filler = 0);
    /// What may be given to what is before it, so that what is behind it stays where it is.
    void slack(std::string_view name, std::uint64_t size) { note(Piece::Kind::Slack, name, size); }
    /// A piece of no size, for rules to name a place.
    void mark(std::string_view name) { note(Piece::Kind::Opaque, name, 0); }

    // Where, and how.
    void seek(std::uint64_t offset);
    std::uint64_t here() const { return at_; }
    std::uint64_t left() const { return bytes_.size() - at_; }
    ByteView ahead() const { return bytes_.subspan(at_); }
    void endian(Endian e) { endian_ = e; }
    /// A value that cannot be: the structure is not what it seemed. `why` is kept for `fieldstrip why`.
    /// `bits`: what it proves that the value is one of few.
    bool require(bool holds, std::string_view why, unsigned bits = 0);
    /// What speaks for the structure without being required.
    void evidence(unsigned bits) { layout_.bits += bits; }
    void finding(Finding f) { layout_.findings.push_back(std::move(f)); }
    bool good() const { return good_; }
    /// The pieces in order; `size`: where the structure says that it ends, else behind its last piece. Wrong when pieces overlap.
    Result<Layout> done(std::uint64_t size = 0) &&;

  private:
    Noted note(Piece::Kind kind, std::string_view name, std::uint64_t size);
    Piece between(std::uint64_t from, std::uint64_t to) const;
    ByteView bytes_;
    Endian endian_;
    Layout layout_;
    std::uint64_t at_ = 0;
    bool good_ = true;
    std::string why_;
};

}  // namespace fieldstrip
