#include "engine/entries.h"

namespace fieldstrip {
namespace {
constexpr std::string_view kTypes[] = {"file", "dir", "symlink", "char", "block", "fifo", "socket"};
}

bool path_less(std::string_view a, std::string_view b) {
    auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
    if (*x == '/' || *y == '/') return *x == '/' && *y != '/';
    return u8(*x) < u8(*y);
}

std::string_view name_of(Entry::Type t) { return kTypes[size_t(t)]; }

std::optional<Entry::Type> type_of_name(std::string_view name) {
    auto t = std::find(std::begin(kTypes), std::end(kTypes), name);
    return t == std::end(kTypes) ? std::nullopt : std::optional(Entry::Type(t - std::begin(kTypes)));
}

EntryList::EntryList(std::vector<Entry> entries) : all_(std::move(entries)) {
    by_path_.reserve(all_.size());
    for (size_t i = 0; i < all_.size(); i++) {
        std::string_view path = all_[i].path;
        by_path_[path] = i;
        for (auto slash = path.rfind('/'); slash != path.npos && slash; slash = path.rfind('/', slash - 1))
            if (!implied_.emplace(path.substr(0, slash), 1).second) break;
        if (!all_[i].is_file()) continue;
        auto [links, fresh] = by_node_.try_emplace(all_[i].node, Links{i, 1});
        if (!fresh) links->second.count++;
    }
}

std::optional<size_t> EntryList::find(std::string_view path) const {
    auto e = by_path_.find(path);
    return e == by_path_.end() ? std::nullopt : std::optional(e->second);
}

bool EntryList::is_folder(std::string_view path) const {
    if (path.empty() || implied_.contains(path)) return true;
    auto i = find(path);
    return i && all_[*i].is(Entry::Type::Directory);
}

std::optional<size_t> EntryList::leading(std::string_view path) const {
    if (auto whole = find(path)) return whole;
    for (auto slash = path.rfind('/'); slash != path.npos && slash; slash = path.rfind('/', slash - 1))
        if (auto i = find(path.substr(0, slash)); i && all_[*i].is_file()) return i;
    return {};
}

size_t EntryList::first_link(size_t i) const { return all_[i].is_file() ? by_node_.at(all_[i].node).first : i; }
u64 EntryList::links(size_t i) const { return all_[i].is_file() ? by_node_.at(all_[i].node).count : 1; }

}  // namespace fieldstrip
