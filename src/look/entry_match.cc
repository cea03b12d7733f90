#include "look/entry_match.h"

#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace fieldstrip {
namespace {

using Index = std::optional<size_t>;

constexpr u64 kMostWork = u64{1} << 18;   // paths that are looked up to find what folders have in common
constexpr size_t kAlike = 16;             // names that two folders must have in common to be one, where no content is
constexpr size_t kMostDigests = 1 << 16;  // contents that are read to find what moved

/// One side: what counts of its entries, in order, and the names in each folder.
struct Side {
    explicit Side(const EntryList& l) : list(l) {
        for (size_t i = 0; i < l.all().size(); i++)
            if (l.find(l.all()[i].path) == i) sorted.push_back(i);
        std::sort(sorted.begin(), sorted.end(), [&](size_t x, size_t y) { return path_less(path(x), path(y)); });
        std::unordered_set<std::string_view> known;
        for (size_t i : sorted)
            for (auto p = path(i); !p.empty() && known.insert(p).second; p = above(p)) names[above(p)].push_back(p);
    }
    std::string_view path(size_t i) const { return list.all()[i].path; }
    const Entry& entry(size_t i) const { return list.all()[i]; }
    static std::string_view above(std::string_view p) {
        auto slash = p.rfind('/');
        return p.substr(0, slash == p.npos ? 0 : slash);
    }
    /// All below a folder, without itself.
    std::span<const size_t> below(std::string_view folder) const {
        auto less = [&](size_t i, std::string_view p) { return path_less(path(i), p); };
        auto begin = std::lower_bound(sorted.begin(), sorted.end(), folder, less);
        if (begin != sorted.end() && path(*begin) == folder) ++begin;
        auto end = std::partition_point(begin, sorted.end(), [&](size_t i) { return is_under(path(i), folder); });
        return {sorted.data() + (begin - sorted.begin()), size_t(end - begin)};
    }
    u64 files_below(std::string_view folder) const {
        auto all = below(folder);
        return u64(std::count_if(all.begin(), all.end(), [&](size_t i) { return !entry(i).is(Entry::Type::Directory); }));
    }
    bool is_folder(std::string_view p) const { return list.is_folder(p); }

    const EntryList& list;
    std::vector<size_t> sorted;
    std::unordered_map<std::string_view, std::vector<std::string_view>> names;  // of a folder: the paths in it
};

class Matcher {
  public:
    Matcher(const EntryList& a, const EntryList& b, const DigestOf& digest) : a_(a), b_(b), digest_(digest) {}

    EntryMatch run() {
        partner_.assign(a_.list.all().size(), {});
        open_.push_back({"", ""});
        if (auto x = a_.list.find(""), y = b_.list.find(""); x && y) pair(*x, *y, false);
        walk();
        move_folders();
        contents();
        return result();
    }

  private:
    void pair(size_t x, size_t y, bool moved) {
        partner_[x] = y;
        taken_.insert(y);
        if (moved) moved_.insert(x);
    }
    /// Two paths are one thing: an entry, a folder and what is in it.
    void join(std::string_view x, std::string_view y, bool renamed) {
        auto i = a_.list.find(x), j = b_.list.find(y);
        const bool folder = a_.is_folder(x) && b_.is_folder(y);
        if (i && j) pair(*i, *j, renamed);
        if (!folder) return;
        if (renamed) folders_.push_back({std::string(x), std::string(y), b_.files_below(y)});
        open_.push_back({x, y});
    }

    void walk() {
        for (; !open_.empty(); open_.pop_front()) names_of(open_.front().first, open_.front().second);
    }
    void names_of(std::string_view x, std::string_view y) {
        std::vector<std::string_view> gone, fresh;
        std::unordered_map<std::string_view, std::string_view> there;
        if (auto in = b_.names.find(y); in != b_.names.end())
            for (auto p : in->second) there.emplace(last_name(p), p);
        if (auto in = a_.names.find(x); in != a_.names.end())
            for (auto p : in->second) {
                auto same = there.find(last_name(p));
                if (same == there.end()) {
                    gone.push_back(p);
                    continue;
                }
                join(p, same->second, false);
                there.erase(same);
            }
        if (auto in = b_.names.find(y); in != b_.names.end())
            for (auto p : in->second)
                if (there.contains(last_name(p))) fresh.push_back(p);
        if (!gone.empty() && !fresh.empty()) other_versions(gone, fresh), alike(gone, fresh);
        gone_.insert(gone_.end(), gone.begin(), gone.end());
        fresh_.insert(fresh_.end(), fresh.begin(), fresh.end());
    }

    /// "vmlinuz-6.1.0-1" and "vmlinuz-6.1.0-2", where each is the only one of its kind.
    void other_versions(std::vector<std::string_view>& gone, std::vector<std::string_view>& fresh) {
        std::map<std::string, std::pair<std::vector<std::string_view>, std::vector<std::string_view>>> by_key;
        auto key = [](const Side& s, std::string_view p) {
            auto k = without_version(last_name(p));
            return k.empty() ? k : k + (s.is_folder(p) ? '/' : '.');
        };
        for (auto p : gone) by_key[key(a_, p)].first.push_back(p);
        for (auto p : fresh) by_key[key(b_, p)].second.push_back(p);
        std::unordered_set<std::string_view> done, done_there;
        for (auto& [k, both] : by_key) {
            if (k.empty() || both.first.size() != 1 || both.second.size() != 1) continue;
            join(both.first[0], both.second[0], true);
            done.insert(both.first[0]), done_there.insert(both.second[0]);
        }
        std::erase_if(gone, [&](auto p) { return done.contains(p); });
        std::erase_if(fresh, [&](auto p) { return done_there.contains(p); });
    }
    /// Folders of which at least half has the same names.
    void alike(std::vector<std::string_view>& gone, std::vector<std::string_view>& fresh) {
        std::erase_if(gone, [&](auto p) {
            if (!a_.is_folder(p)) return false;
            for (auto& q : fresh) {
                if (!work_) return false;
                if (q.empty() || !b_.is_folder(q) || !are_alike(p, q)) continue;
                join(p, q, true);
                q = {};
                return true;
            }
            return false;
        });
        std::erase(fresh, std::string_view());
    }
    bool are_alike(std::string_view p, std::string_view q) {
        work_ -= std::min<u64>(work_, 1);
        auto x = a_.below(p), y = b_.below(q);
        if (x.empty() || y.empty() || x.size() > 2 * y.size() || y.size() > 2 * x.size()) return false;
        if (work_ < x.size()) return false;
        work_ -= x.size();
        size_t names = 0, contents = 0;
        std::string other(q);
        for (size_t i : x) {
            other.resize(q.size());
            other += a_.path(i).substr(p.size());
            auto j = b_.list.find(other);
            if (!j || a_.entry(i).type != b_.entry(*j).type) continue;
            names++;
            // Of small ones the contents tell whether they are the same.
            if (x.size() < kAlike && a_.entry(i).is_file()) contents += a_.entry(i).size && is_same(i, *j);
        }
        const size_t larger = std::max(x.size(), y.size());
        if (2 * names < larger) return false;
        return names >= kAlike || 2 * contents >= std::max<u64>(1, a_.files_below(p));
    }

    /// Of what is left: folders that lie elsewhere now, under the same name.
    void move_folders() {
        std::unordered_map<std::string_view, std::vector<std::string_view>> by_name;
        for (auto q : fresh_)
            if (b_.is_folder(q)) by_name[last_name(q)].push_back(q);
        std::unordered_set<std::string_view> arrived;
        std::erase_if(gone_, [&](auto p) {
            if (!a_.is_folder(p)) return false;
            auto same = by_name.find(last_name(p));
            if (same == by_name.end()) return false;
            for (auto& q : same->second) {
                if (!work_) return false;
                if (q.empty() || !are_alike(p, q)) continue;
                join(p, q, true);
                arrived.insert(q);
                q = {};
                return true;
            }
            return false;
        });
        std::erase_if(fresh_, [&](auto q) { return arrived.contains(q); });
        walk();
    }

    std::optional<std::string> digest(bool second, size_t i) {
        if (!digests_) return {};
        digests_--;
        return digest_(second, i);
    }
    bool is_same(size_t i, size_t j) {
        if (a_.entry(i).size != b_.entry(j).size) return false;
        auto x = digest(false, i), y = digest(true, j);
        return x && x == y;
    }

    /// Files and symlinks that lie elsewhere now.
    void contents() {
        std::map<u64, std::pair<std::vector<size_t>, std::vector<size_t>>> by_size;
        std::map<std::string_view, std::pair<std::vector<size_t>, std::vector<size_t>>> by_target;
        auto collect = [&](const Side& s, bool second) {
            for (size_t i : s.sorted) {
                if (second ? taken_.contains(i) : partner_[i].has_value()) continue;
                auto& e = s.entry(i);
                auto add = [&](auto& both) { (second ? both.second : both.first).push_back(i); };
                if (e.is_file() && e.size) add(by_size[e.size]);
                if (e.is(Entry::Type::Symlink)) add(by_target[e.target]);
            }
        };
        collect(a_, false), collect(b_, true);
        for (auto& [target, both] : by_target)
            if (both.first.size() == 1 && both.second.size() == 1) pair(both.first[0], both.second[0], true);
        for (auto& [size, both] : by_size) {
            if (both.first.empty() || both.second.empty()) continue;
            std::map<std::string, std::vector<size_t>> fresh;
            for (size_t j : both.second)
                if (auto d = digest(true, j)) fresh[*d].push_back(j);
            std::map<std::string, std::vector<size_t>> gone;
            for (size_t i : both.first)
                if (auto d = digest(false, i); d && fresh.contains(*d)) gone[*d].push_back(i);
            for (auto& [d, all] : gone) {
                auto& now = fresh[d];
                // Those that kept their name first.
                std::unordered_map<std::string_view, size_t> by_name;
                for (size_t j : now) by_name.emplace(last_name(b_.path(j)), j);
                std::vector<size_t> rest;
                for (size_t i : all) {
                    auto same = by_name.find(last_name(a_.path(i)));
                    if (same == by_name.end() || taken_.contains(same->second))
                        rest.push_back(i);
                    else
                        pair(i, same->second, true);
                }
                size_t k = 0;
                for (size_t j : now)
                    if (k < rest.size() && !taken_.contains(j)) pair(rest[k++], j, true);
            }
        }
    }

    EntryMatch result() {
        EntryMatch out;
        // Whole folders: the outermost of those that are only on one side and kept nothing that went elsewhere.
        std::unordered_set<std::string_view> whole_a, whole_b;
        auto whole = [&](const Side& s, std::span<const std::string_view> left, bool second) {
            for (auto p : left) {
                if (!s.is_folder(p)) continue;
                folders_.push_back({second ? "" : std::string(p), second ? std::string(p) : "", s.files_below(p)});
                (second ? whole_b : whole_a).insert(p);
            }
        };
        whole(a_, gone_, false), whole(b_, fresh_, true);
        auto in = [](std::string_view p, const std::unordered_set<std::string_view>& all) {
            for (p = Side::above(p); !p.empty(); p = Side::above(p))
                if (all.contains(p)) return true;
            return false;
        };
        for (size_t i : a_.sorted) {
            if (partner_[i])
                out.pairs.push_back({i, *partner_[i], moved_.contains(i), false});
            else
                out.pairs.push_back({i, {}, false, in(a_.path(i), whole_a)});
        }
        for (size_t j : b_.sorted)
            if (!taken_.contains(j)) out.pairs.push_back({{}, j, false, in(b_.path(j), whole_b)});
        std::sort(out.pairs.begin(), out.pairs.end(), [&](auto& x, auto& y) {
            auto p = x.b ? b_.path(*x.b) : a_.path(*x.a), q = y.b ? b_.path(*y.b) : a_.path(*y.a);
            return p == q ? x.a.has_value() > y.a.has_value() : path_less(p, q);
        });
        std::sort(folders_.begin(), folders_.end(),
                  [](auto& x, auto& y) { return path_less(x.b.empty() ? x.a : x.b, y.b.empty() ? y.a : y.b); });
        out.folders = std::move(folders_);
        return out;
    }

    const Side a_, b_;
    const DigestOf& digest_;
    std::vector<Index> partner_;  // of entries of a
    std::unordered_set<size_t> taken_, moved_;
    std::deque<std::pair<std::string_view, std::string_view>> open_;
    std::vector<std::string_view> gone_, fresh_;  // outermost
    std::vector<FolderPair> folders_;
    u64 work_ = kMostWork;
    size_t digests_ = kMostDigests;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

EntryMatch match_entries(const EntryList& a, const EntryList& b, const DigestOf& digest) { return Matcher(a, b, digest).run(); }

std::string without_version(std::string_view name) {
    std::string out;
    bool any = false;
    for (size_t i = 0; i < name.size();) {
        if (!is_digit(name[i]) || (i && is_digit(name[i - 1]))) {
            out += name[i++];
            continue;
        }
        size_t end = i, numbers = 0;
        while (end < name.size() && is_digit(name[end])) {
            while (end < name.size() && is_digit(name[end])) end++;
            numbers++;
            if (end + 1 < name.size() && (name[end] == '.' || name[end] == '-') && is_digit(name[end + 1])) end++;
        }
        if (end < name.size() && is_letter(name[end]) && (end + 1 == name.size() || !(is_letter(name[end + 1]) || is_digit(name[end + 1]))))
            end++;
        const bool version = numbers > 1 || out.ends_with(".so.");
        out += version ? "#" : name.substr(i, end - i);
        any = any || version;
        i = end;
    }
    return any ? out : "";
}

}  // namespace fieldstrip
