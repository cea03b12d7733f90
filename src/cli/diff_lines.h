// Lines of a difference: of values, texts, programs, as wide as a screen; `diff_text.cc` says which of them.
#pragma once
#include <map>

#include "cli/text.h"
#include "look/differ.h"

namespace fieldstrip::cli {

constexpr size_t kWidth = 100;
constexpr size_t kTextLines = 40;  // of a file's text
constexpr size_t kMany = 50;       // entries that are not the same: then details are short
constexpr size_t kFew = 6;         // lines of details then
constexpr size_t kRow = 8;         // things of a kind that are told one by one
constexpr size_t kFiles = 20;      // files that are told one by one

/// Safe on a terminal, in one line. Backslashes stay single: it is for reading, not for copying a name.
std::string printable(std::string_view);
/// "1 file", "2 files"
std::string many(u64 n, const char* one, const char* several);
std::string many(u64 n, const char* one);

class DiffLines {
  protected:
    DiffLines(const Counts&, const Options&);
    static std::string sizes(u64 a, u64 b);
    static void line(size_t indent, const std::string& text);
    std::string clip(std::string text, size_t indent) const;
    void details(const Delta& c, size_t indent);
    void versions(const Delta& c, size_t indent);
    std::string words(const ValueChange& v) const;
    /// A kernel's line says at its end when it was built.
    std::string both_ends(const std::string& s, size_t indent) const;
    static bool is_ascii(const std::string& s);
    void values(const std::vector<ValueChange>& all, size_t indent, size_t most, const char* what);
    void text(const TextChange& t, size_t indent);
    void binary(const BinaryChange& b, size_t indent);
    /// When everything was made anew times say nothing.
    bool hides(const ValueChange& v) const;
    void wrapped(char sign, const std::string& words, size_t indent) const;

    Colors colors_;
    bool full_, tight_ = false, no_times_ = false;

  private:
    std::map<std::string, bool> said_;  // versions: a kernel's line stands in several nodes
};

}  // namespace fieldstrip::cli
