#include "engine/moves.h"

#include "engine/entries.h"

namespace fieldstrip {
namespace {

class Finder {
  public:
    Finder(std::span<const Record::Line> lines, const HostTree& tree) : lines_(lines), tree_(tree) {
        for (auto& [host, i] : tree.known) hosts_.push_back(host);
        for (auto& host : tree.fresh)
            if (!tree.there.at(host)->path.empty()) fresh_.push_back(host);
        std::sort(hosts_.begin(), hosts_.end(), path_less);
        std::sort(fresh_.begin(), fresh_.end(), path_less);
        for (auto& host : fresh_)
            if (auto c = tree.content.find(host); c != tree.content.end())
                by_content_[key(*tree.there.at(host), c->second)].push_back(host);
    }

    Moves find() {
        for (auto& [host, path] : tree_.folders)
            if (is_gone_folder(host) && !is_in_moved(host)) move_folder(host);
        files();
        return std::move(out_);
    }

  private:
    static std::string key(const HostFile& f, const std::string& content) { return (f.type == Entry::Type::Symlink ? "@" : "=") + content; }
    static std::string key(const Record::Line& l) { return l.entry.is_file() ? '=' + l.sha256 : '@' + l.entry.target; }

    bool is_gone_folder(std::string_view host) const {
        if (host.empty()) return false;
        auto f = tree_.there.find(host);
        return f == tree_.there.end() || f->second->type != Entry::Type::Directory;
    }
    bool is_in_moved(std::string_view host) const {
        for (auto& [from, to] : out_.folders)
            if (is_under(host, from)) return true;
        return false;
    }

    /// Files and links that lay in the folder.
    std::span<const std::string_view> inside(std::string_view folder, const std::vector<std::string_view>& sorted) const {
        auto begin = std::lower_bound(sorted.begin(), sorted.end(), folder, path_less);
        auto end = begin;
        while (end != sorted.end() && is_under(*end, folder)) ++end;
        return {sorted.data() + (begin - sorted.begin()), size_t(end - begin)};
    }

    void move_folder(const std::string& from) {
        auto files = inside(from, hosts_);
        if (files.empty()) return move_empty(from);
        std::vector<std::string> candidates;
        for (auto& host : files) {
            auto found = by_content_.find(key(lines_[tree_.known.at(host)]));
            if (found == by_content_.end()) continue;
            auto rest = host.substr(from.size());
            for (auto& other : found->second)
                if (other.size() > rest.size() && other.ends_with(rest))
                    candidates.emplace_back(other.substr(0, other.size() - rest.size()));
            if (!candidates.empty()) break;
        }
        for (auto& to : candidates)
            if (tree_.fresh.contains(to) && !taken_.contains(to) && all_lies_in(files, from, to)) {
                taken_.insert(to);
                out_.folders.emplace(from, to);
                return;
            }
    }

    bool all_lies_in(std::span<const std::string_view> files, const std::string& from, const std::string& to) const {
        size_t same = 0;
        for (auto& host : files) {
            auto& line = lines_[tree_.known.at(host)];
            auto f = tree_.there.find(to + std::string(host.substr(from.size())));
            if (f == tree_.there.end() || f->second->type != line.entry.type) return false;
            auto c = tree_.content.find(f->first);
            same += c != tree_.content.end() && key(*f->second, c->second) == key(line);
        }
        return same * 2 >= files.size();
    }

    /// One that held no files (devices are lines only): if it is the only such one that is gone, and one such is new.
    void move_empty(const std::string& from) {
        auto is_empty = [&](std::string_view folder, auto& sorted) {
            for (auto& f : inside(folder, sorted))
                if (auto t = tree_.there.find(f); t == tree_.there.end() || t->second->type != Entry::Type::Directory) return false;
            return true;
        };
        size_t others = 0;
        for (auto& [host, path] : tree_.folders)
            others += !is_under(host, from) && is_gone_folder(host) && inside(host, hosts_).empty() && !is_in_moved(host) &&
                      !is_gone_folder(parent_path(host));
        std::vector<std::string_view> candidates;
        for (auto& host : fresh_)
            if (tree_.there.at(host)->type == Entry::Type::Directory && !tree_.fresh.contains(parent_path(host)) && is_empty(host, fresh_))
                candidates.push_back(host);
        if (!others && candidates.size() == 1 && taken_.insert(std::string(candidates[0])).second)
            out_.folders.emplace(from, candidates[0]);
    }

    void files() {
        std::unordered_set<std::string> arrived;  // with their folder
        std::map<std::string, std::vector<size_t>> gone;
        for (auto& host : hosts_) {
            size_t i = tree_.known.at(host);
            if (is_in_moved(host))
                arrived.insert(moved_path(out_.folders, host));
            else if (auto t = tree_.there.find(host); t == tree_.there.end() || tree_.fresh.contains(host))
                gone[key(lines_[i])].push_back(i);
        }
        for (auto& [content, lines] : gone) {
            auto found = by_content_.find(content);
            if (found == by_content_.end()) continue;
            std::vector<std::string_view> fresh;
            for (auto& host : found->second)
                if (!arrived.contains(std::string(host))) fresh.push_back(host);
            bool one_file = std::all_of(lines.begin(), lines.end(), [&](size_t i) {
                return lines_[i].entry.is_file() && lines_[i].entry.node == lines_[lines[0]].entry.node;
            });
            if (lines.size() > 1 && (!one_file || fresh.size() < lines.size())) continue;
            for (size_t k = 0; k < lines.size() && k < fresh.size(); k++) out_.files.emplace(lines[k], fresh[k]);
        }
    }

    std::span<const Record::Line> lines_;
    const HostTree& tree_;
    std::vector<std::string_view> hosts_, fresh_;                                // sorted: known files and links, all that is new
    std::unordered_map<std::string, std::vector<std::string_view>> by_content_;  // of what is new
    std::unordered_set<std::string> taken_;
    Moves out_;
};

}  // namespace

Moves find_moves(std::span<const Record::Line> lines, const HostTree& tree) { return Finder(lines, tree).find(); }

std::string moved_path(const std::map<std::string, std::string>& folders, std::string_view path) {
    for (auto& [from, to] : folders)
        if (is_under(path, from)) return to + std::string(path.substr(from.size()));
    return std::string(path);
}

}  // namespace fieldstrip
