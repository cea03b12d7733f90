// Writes JSON as it goes: maps may be bigger than memory likes. What is written is always valid UTF-8.
#pragma once
#include "base/base.h"

namespace fieldstrip {

class JsonWriter {
  public:
    using Out = std::function<void(std::string_view)>;
    /// `out` gets the text in pieces. Compact: one line. With `indent`: for files that people may look into.
    explicit JsonWriter(Out out, bool indent = false) : out_(std::move(out)), indent_(indent) {}
    ~JsonWriter() { flush(); }
    JsonWriter(const JsonWriter&) = delete;
    JsonWriter& operator=(const JsonWriter&) = delete;

    JsonWriter& object() { return open('{'); }
    JsonWriter& array() { return open('['); }
    JsonWriter& end();  // of the innermost object or array
    JsonWriter& key(std::string_view);
    JsonWriter& text(std::string_view);  // bytes that are no UTF-8 become U+FFFD
    JsonWriter& hex(ByteView);
    JsonWriter& number(u64);
    JsonWriter& number(i64);
    JsonWriter& decimal(double, int digits);  // so many behind the point; what is no number is 0
    JsonWriter& boolean(bool);
    JsonWriter& null();
    JsonWriter& extent(const Extent& e) { return array().number(e.offset).number(e.size).end(); }
    // key and value in one
    JsonWriter& text(std::string_view k, std::string_view v) { return key(k).text(v); }
    JsonWriter& number(std::string_view k, u64 v) { return key(k).number(v); }
    JsonWriter& decimal(std::string_view k, double v, int digits) { return key(k).decimal(v, digits); }
    JsonWriter& boolean(std::string_view k, bool v) { return key(k).boolean(v); }
    /// `k`, and `k_b64` beside it where the bytes are no UTF-8.
    JsonWriter& bytes(std::string_view k, std::string_view v);
    /// One that writes further members of the array that is open now, for append(): parts of a long one are written side by side.
    std::unique_ptr<JsonWriter> part() const;
    void append(std::string_view members);
    /// Of a part: all that was written.
    std::string take() { return std::exchange(pending_, {}); }
    void newline() { raw("\n"); }
    void flush();

  private:
    JsonWriter& open(char);
    JsonWriter& digits(auto number);
    void before();
    void line();
    void raw(std::string_view);
    void quoted(std::string_view);
    Out out_;
    bool indent_;
    std::string pending_;
    std::string stack_;  // '{', '['
    bool first_ = true, after_key_ = false;
};

}  // namespace fieldstrip
