// What an entry does not say and its headers do: all that is needed to write them again. Entry::keep, parsed.
#pragma once
#include "formats/tar/members.h"
#include "model/entry.h"
#include "model/recipe.h"

namespace fieldstrip::tar {

/// Bytes of a header's field that are not what we would write. `check` is of what we would write: once that is another (an edit), they
/// don't hold any more.
struct Patch {
    char header = 'h';  // the member's own; else the type of the extension
    std::string field;
    u16 check = 0;
    Bytes bytes = {};  // without zeros behind them
    bool operator==(const Patch&) const = default;
};

/// A pax record: with a value of its own where that does not follow from the entry.
struct Key {
    std::string key;
    std::optional<std::string> value = {};
};

struct Keep {
    u64 index = 0;                                       // among all entries
    std::optional<std::string> before = {}, after = {};  // how the name is spelled around the path; of the root all of it
    std::optional<std::string> extensions = {};          // their types in order, where they are not the needed ones
    std::vector<Key> pax = {};                           // of 'x'
    std::optional<std::string> magic = {};               // where it is not the archive's
    std::optional<std::string> link = {};                // how a hard link's target is spelled, where it is not as its name
    bool is_hard = false;                                // a hard link of what is no file
    bool is_dangling = false;                            // a hard link of what is not there
    std::optional<Sparse> sparse = {};                   // its map
    std::optional<Bytes> name_end = {}, link_end = {};   // of 'L' and 'K' behind the text, where it is not one NUL
    std::optional<Bytes> fill = {};                      // filler behind the data, where it is not zeros
    u64 other_data = 0;                                  // of what should have none
    std::vector<Patch> patches = {};

    std::string line() const;
    static Result<Keep> of(std::string_view line);
};

/// A path and what a name has around it.
struct Spelled {
    std::string_view before, path, after;
};
Spelled spelled(std::string_view name);

/// Texts as words of a recipe: "~plain" or hex.
std::string word_of(std::string_view);
std::optional<std::string> text_of_word(std::string_view);
/// Calls f with each of the words between; false where f does.
bool each_word(std::string_view words, char between, auto&& f) {
    while (!words.empty()) {
        auto cut = std::min(words.size(), words.find(between));
        if (!f(words.substr(0, cut))) return false;
        words.remove_prefix(std::min(words.size(), cut + 1));
    }
    return true;
}

}  // namespace fieldstrip::tar
