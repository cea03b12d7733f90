// How a stream was made, as names and values: what the manifest keeps, `info` shows, and encoding again is told.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// Flat, ordered; several of a kind are `stream[0].check`. Holds parameters and header fields, never encoded content.
class Recipe {
  public:
    void set(std::string name, std::string value);
    void set(std::string name, u64 value) { set(std::move(name), std::to_string(value)); }
    /// "" where there is none.
    std::string_view text(std::string_view name) const;
    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// "ino=12 nlink=1": how Entry::keep is written. Names and values hold no spaces and no '=' (bytes go as hex).
    std::string line() const;
    /// One more word at the end of such a line: for many of them, a Recipe each is too much.
    static void append(std::string& line, std::string_view name, std::string_view value);
    static Recipe of_line(std::string_view);
    Result<u64> number(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& all() const { return values_; }
    bool operator==(const Recipe&) const = default;

  private:
    const std::string* find(std::string_view name) const;
    std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace fieldstrip
