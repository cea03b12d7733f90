// On-disk records that come by the thousand (inodes, dirents, members): one function a record lists its fields, reading and writing follow
// from it.
//   struct Node { u16 magic; u32 length; void fields(auto& io) { io(magic, 2); io(length, 4); } };
// For a header that people see and set there is Walk; records have no names, allocate nothing and compile to plain loads and stores.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// Reads fields one behind the other. Once it ran past the end, or met a digit that is none, it stays bad: ask good() once.
class RecordReader {
  public:
    RecordReader(ByteView in, Endian endian) : in_(in), endian_(endian) {}
    void operator()(auto& field, unsigned width) {
        if (take(width)) field = std::remove_reference_t<decltype(field)>(load(in_.subspan(at_ - width), width, endian_));
    }
    /// A number in ASCII digits of base 8, 10 or 16, all of the width.
    void ascii(auto& field, unsigned width, unsigned base) {
        u64 v = 0;
        if (take(width))
            for (u8 c : in_.subspan(at_ - width, width)) {
                unsigned d = c >= 'a' ? c - 'a' + 10u : c >= 'A' ? c - 'A' + 10u : unsigned(c - '0');
                good_ = good_ && d < base;
                v = v * base + d;
            }
        field = std::remove_reference_t<decltype(field)>(v);
    }
    void text(std::string_view expected) {
        if (take(unsigned(expected.size())))
            good_ = good_ && !std::memcmp(in_.data() + at_ - expected.size(), expected.data(), expected.size());
    }
    bool good() const { return good_; }

  private:
    bool take(unsigned n) {
        if (n > in_.size() - at_)
            good_ = false;
        else
            at_ += n;
        return good_;
    }
    ByteView in_;
    Endian endian_;
    u64 at_ = 0;
    bool good_ = true;
};

class RecordWriter {
  public:
    explicit RecordWriter(Endian endian, bool upper = true) : endian_(endian), upper_(upper) { out.reserve(kUsual); }
    void operator()(auto& field, unsigned width) {
        out.resize(out.size() + width);
        store(std::span(out).last(width), width, endian_, u64(field));
    }
    void ascii(auto& field, unsigned width, unsigned base) {
        out.resize(out.size() + width);
        const char* digits = upper_ ? "0123456789ABCDEF" : "0123456789abcdef";
        u64 v = field;
        for (auto digit = out.rbegin(); digit != out.rbegin() + width; ++digit) *digit = u8(digits[v % base]), v /= base;
    }
    void text(std::string_view s) { out.insert(out.end(), s.begin(), s.end()); }
    Bytes out;

  private:
    static constexpr size_t kUsual = 64;  // bytes that hardly any record is longer than
    Endian endian_;
    bool upper_;
};

/// The record at the beginning of `in`; nothing when it is cut or is none.
template <class T>
std::optional<T> read_record(ByteView in, Endian endian = Endian::Little) {
    T record;
    RecordReader io(in, endian);
    record.fields(io);
    if (!io.good()) return {};
    return record;
}
template <class T>
Bytes write_record(T record, Endian endian = Endian::Little, bool upper = true) {
    RecordWriter io(endian, upper);
    record.fields(io);
    return std::move(io.out);
}

}  // namespace fieldstrip
