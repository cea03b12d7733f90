// Edits of a tree of entries, applied once for all file systems: what comes out is the tree that is wanted.
#pragma once
#include <list>
#include <unordered_map>

#include "model/entry.h"

namespace fieldstrip {

/// A tree in the making. Each operation holds or is an error and nothing was done. Paths are entries' paths, "" the root. Where a path
/// stands several times an operation means all of that name, and their contents the last.
class WantedTree {
  public:
    WantedTree(std::span<const Entry>, const Holds&);
    WantedTree(const WantedTree&) = delete;
    WantedTree& operator=(const WantedTree&) = delete;

    /// The last of that name.
    const Wanted* find(std::string_view path) const;
    bool is_folder(std::string_view path) const;
    const Holds& holds() const { return holds_; }

    /// New content for a file, all its hard links too.
    Result<void> put(std::string_view path, Rope content);
    /// A new entry, at the end of its folder, which must be there. A file has content. What the format does not hold is left out,
    /// what it holds and the entry does not say is the usual: 0644, 0755, of 0:0, time 0.
    Result<void> make(Entry, std::optional<Rope> content = {});
    Result<void> link(const std::string& path, std::string_view existing);
    /// With all under it.
    Result<void> remove(std::string_view path);
    Result<void> rename(std::string_view path, const std::string& to);
    /// Mode, owner, time, xattrs, target, device numbers become those of `now` where these differ: of a file for all its links. `was`: of
    /// several of that path that one.
    Result<void> set(std::string_view path, const Entry& now, std::optional<size_t> was = {});

    /// In order.
    std::vector<Wanted> tree() const;
    /// What was done, for the plan: "replaced etc/passwd", …
    const std::vector<std::string>& steps() const { return steps_; }

  private:
    using At = std::list<Wanted>::iterator;
    Result<void> may_stand(std::string_view path) const;
    Result<void> may_hold(const Entry&) const;
    std::optional<u32> held_mode(Entry::Type, u32 mode) const;
    void insert(Wanted);
    void note(At);
    void forget(At);
    void put_behind_folder(const std::vector<At>& moved, const std::string& folder);
    void find_ends();
    std::vector<At> below(std::string_view path);

    Holds holds_;
    std::list<Wanted> list_;
    std::unordered_map<std::string, std::vector<At>> by_path_;
    std::unordered_map<u64, std::vector<At>> by_node_;
    std::unordered_map<std::string, u64> inside_;  // folder → how many lie in it, at any depth
    std::unordered_map<std::string, At> ends_;     // folder → the last that lies in it, it itself too; made when it is needed
    bool ends_known_ = false;
    u64 fresh_ = kNewNode;
    std::vector<std::string> steps_;
};

}  // namespace fieldstrip
