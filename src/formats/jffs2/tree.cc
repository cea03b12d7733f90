#include "formats/jffs2/tree.h"

#include <unordered_set>

namespace fieldstrip::jffs2 {

constexpr u32 kLongestPath = 4096;  // what Linux takes: else the names of a deep tree add up to its square

std::vector<const Ref*> names_in(const Log& log, u32 pino) {
    std::vector<const Ref*> out;
    for (auto& r : Log::of(log.dirents, pino)) {
        if (!r.good()) continue;
        if (!out.empty() && equal(log.name(*out.back()), log.name(r)))
            out.back() = &r;
        else
            out.push_back(&r);
    }
    return out;
}

const Ref* known_of(const Log& log, u32 ino) {
    auto nodes = Log::of(log.inodes, ino);
    auto* latest = latest_of(nodes);
    return latest ? latest : nodes.empty() ? nullptr : &nodes.back();
}

bool only_names(const Log& log, u32 ino) { return Log::of(log.inodes, ino).empty() && !Log::of(log.dirents, ino).empty(); }

bool is_folder(const Log& log, u32 ino) {
    auto* r = known_of(log, ino);
    return r ? (log.inode(*r).mode & kFormat) == kDirectory : only_names(log, ino);
}

Tree read_tree(const Log& log) {
    Tree tree;
    tree.all.push_back({});
    std::unordered_set<u32> seen = {kRoot};  // a folder has one name only
    std::vector<u32> open = {0};
    while (!open.empty()) {
        u32 folder = open.back();
        open.pop_back();
        auto names = names_in(log, tree.all[folder].ino);
        const u32 above = tree.all[folder].path + 1;
        if (above > kLongestPath && !names.empty()) {
            tree.too_deep.push_back(folder);
            continue;
        }
        std::sort(names.begin(), names.end(), [](auto* a, auto* b) { return a->place < b->place; });
        size_t first = open.size();
        for (auto* r : names) {
            Named n{folder, log.dirent(*r).ino, u32(r - log.dirents.data()), above + u32(log.name(*r).size())};
            if (!n.ino || n.ino == kRoot) continue;  // the root has no name
            bool is_dir = is_folder(log, n.ino);
            if (!is_dir && Log::of(log.inodes, n.ino).empty()) {
                tree.nowhere.push_back(n.dirent);
                continue;
            }
            if (is_dir && !seen.insert(n.ino).second) continue;
            if (is_dir) open.push_back(u32(tree.all.size()));
            tree.all.push_back(n);
        }
        std::reverse(open.begin() + i64(first), open.end());
    }
    for (auto& n : tree.all) tree.inodes.push_back(n.ino);
    std::sort(tree.inodes.begin(), tree.inodes.end());
    tree.inodes.erase(std::unique(tree.inodes.begin(), tree.inodes.end()), tree.inodes.end());
    return tree;
}

}  // namespace fieldstrip::jffs2
