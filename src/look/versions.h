// Programs by the words in which they name themselves and their version.
#pragma once
#include "look/finds.h"

namespace fieldstrip {

/// One way in which a program says its version. In a pattern
///     @  is a version: digits and dots, at least one dot, then perhaps "k", "p1", "-rc2", "-stable"
///     !  is a version with a patch level: "9.2p1"
///     &  is a word that begins with a digit and has a dot: "5.10.0-28-amd64"
///     #  is a whole number
///     ~  is anything printable, as short as it can be
///     ^  $  are where a string begins and ends
/// and all else stands for itself. A pattern begins with at least 5 characters that stand for themselves; or it is of strings that begin
/// with their version, and then, as the version alone says nothing, `with` must stand in the same file and no other string there may match.
struct VersionRow {
    Component::Kind kind;
    std::string_view name, pattern;
    std::string_view cpe = {};   // vendor:product
    std::string_view with = {};  // what else must stand in the same file
};
std::span<const VersionRow> programs();
/// Libraries whose file's name says their version; `pattern` is of that name.
std::span<const VersionRow> named_files();

/// The version in bytes that match from `at` on; nothing where they don't.
struct VersionMatch {
    std::string_view version;
    u64 size;  // of all that matched
};
std::optional<VersionMatch> match_version(std::string_view pattern, ByteView bytes, u64 at);
/// What a pattern begins with, without '^'; "" where that is shorter than 5 characters.
std::string_view anchor_of(std::string_view pattern);

/// What is looked for in bytes, and what to do where it is found; made anew for each space.
class VersionFinder {
  public:
    static const std::vector<std::string_view>& needles();
    explicit VersionFinder(const Space& s) : space_(s) {}
    void hit(size_t needle, u64 at);
    void done(Found&);

  private:
    struct Hit {
        size_t program;
        u64 at;
        VersionMatch match;
    };
    void find_alone();
    void find_name(Found&);
    const Space& space_;
    std::vector<Hit> hits_;
    std::vector<bool> seen_;  // by needle
};

}  // namespace fieldstrip
