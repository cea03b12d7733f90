// The entries of a file system, listed once, and found by path.
#pragma once
#include <unordered_map>

#include "model/entry.h"

namespace fieldstrip {

/// "etc/init.d" of "etc/init.d/rcS"; "" where there is no '/'.
inline std::string parent_path(std::string_view path) {
    auto slash = path.rfind('/');
    return std::string(path.substr(0, slash == path.npos ? 0 : slash));
}
inline std::string_view last_name(std::string_view path) {
    auto slash = path.rfind('/');
    return slash == path.npos ? path : path.substr(slash + 1);
}
/// Whether it is `folder` or lies below it.
inline bool is_under(std::string_view path, std::string_view folder) {
    return folder.empty() || path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}
/// The order of a walk through folders: name by name, a folder before what is in it.
bool path_less(std::string_view a, std::string_view b);
/// "file", "dir", "symlink", "char", "block", "fifo", "socket"
std::string_view name_of(Entry::Type);
std::optional<Entry::Type> type_of_name(std::string_view);

class EntryList {
  public:
    explicit EntryList(std::vector<Entry>);
    const std::vector<Entry>& all() const { return all_; }
    /// Of several of that path the last, as for whoever unpacks it.
    std::optional<size_t> find(std::string_view path) const;
    /// There is an entry of a folder, or something below it.
    bool is_folder(std::string_view path) const;
    /// The longest entry that is `path`, or a file that begins it and is followed by a '/'.
    std::optional<size_t> leading(std::string_view path) const;
    /// The first of the hard links that file i is one of.
    size_t first_link(size_t i) const;
    u64 links(size_t i) const;

  private:
    std::vector<Entry> all_;
    std::unordered_map<std::string_view, size_t> by_path_;  // views into all_
    std::unordered_map<std::string_view, u64> implied_;
    struct Links {
        size_t first;
        u64 count;
    };
    std::unordered_map<u64, Links> by_node_;
};

}  // namespace fieldstrip
