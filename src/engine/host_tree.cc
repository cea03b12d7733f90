#include "engine/host_tree.h"

#include <mutex>

#include "base/digest.h"
#include "engine/names.h"
#include "engine/store.h"

namespace fieldstrip {
namespace {

using Type = Entry::Type;

class Look {
  public:
    Look(std::span<const Record::Line> lines, const std::string& folder) : lines_(lines), folder_(folder) {}

    HostTree out;

    Result<void> all(bool copied, Context& cx) {
        out.files = TRY(list_folder(folder_));
        for (auto& f : out.files) out.there.emplace(f.path, &f);
        out.folders[""] = "";
        for (size_t i = 0; i < lines_.size(); i++) know(i);
        if (copied) keep_empty_folders();
        for (auto& f : out.files)
            if (!is_known(f)) out.fresh.insert(f.path);
        return hash(cx);
    }

  private:
    /// The entry, and the folders on the way to it, which need no lines of their own.
    void know(size_t i) {
        auto& e = lines_[i].entry;
        std::string_view host = lines_[i].host;
        if (host.empty()) return;
        bool is_folder = e.is(Type::Directory);
        if (!is_folder) out.known.emplace(host, i);
        auto names = names_in(e.path);
        size_t at = 0;
        for (auto& name : names) {
            auto slash = host.find('/', at);
            if (slash == host.npos && !is_folder) return;
            out.folders.emplace(host.substr(0, slash), e.path.substr(0, size_t(name.data() + name.size() - e.path.data())));
            if (slash == host.npos) return;
            at = slash + 1;
        }
    }

    bool is_known(const HostFile& f) const {
        if (f.type == Type::Directory) return out.folders.contains(f.path);
        auto known = out.known.find(f.path);
        if (known == out.known.end()) return false;
        auto& e = lines_[known->second].entry;
        return e.type == f.type || is_link_as_file(e, f);
    }
    /// A file that holds a link's target is that link, as git writes it where there are none.
    bool is_link_as_file(const Entry& e, const HostFile& f) const {
        if (!e.is(Type::Symlink) || f.type != Type::File || f.size != e.target.size()) return false;
        auto bytes = open_file(folder_ + '/' + f.path);
        return bytes && as_text(bytes->view()) == e.target;
    }

    /// Git keeps no empty folders: where a copy lacks all of them that is no change.
    void keep_empty_folders() {
        std::unordered_set<std::string_view> filled;
        for (auto& [host, i] : out.known)
            for (auto at = host.rfind('/'); at != host.npos && at; at = host.rfind('/', at - 1)) filled.insert(host.substr(0, at));
        for (auto& [host, path] : out.folders) {
            if (host.empty() || filled.contains(host)) continue;
            if (out.there.contains(host)) return out.kept.clear();
            out.kept.push_back({.path = host, .type = Type::Directory, .mode = 0755});
        }
        for (auto& f : out.kept) out.there.emplace(f.path, &f);
    }

    /// What may be unchanged, and where something is gone all that is new: it may be that under another name.
    Result<void> hash(Context& cx) {
        bool any_gone = std::any_of(out.known.begin(), out.known.end(),
                                    [&](auto& k) { return !out.there.contains(k.first) || out.fresh.contains(k.first); });
        std::map<std::pair<u64, u64>, std::vector<std::string_view>> todo;  // hard links once
        for (auto& f : out.files) {
            bool fresh = out.fresh.contains(f.path);
            if (f.type == Type::Symlink && fresh) out.content.emplace(f.path, f.target);
            if (f.type == Type::File && (!fresh || any_gone)) todo[{f.device, f.inode}].push_back(f.path);
        }
        std::vector<const std::vector<std::string_view>*> groups;
        for (auto& [id, paths] : todo) groups.push_back(&paths);
        std::mutex mutex;
        std::optional<Error> wrong;
        cx.pool.each(groups.size(), [&](size_t g) {
            auto& paths = *groups[g];
            auto path = folder_ + '/' + std::string(paths[0]);
            auto digest = sha256_of_file(path);
            std::lock_guard lock(mutex);
            if (!digest && !wrong) wrong = Error{digest.error().kind, path + ": " + digest.error().message};
            for (auto& p : paths) out.content.emplace(p, digest.value_or(""));
        });
        if (wrong) return std::unexpected(*wrong);
        return {};
    }

    std::span<const Record::Line> lines_;
    const std::string& folder_;
};

}  // namespace

Result<HostTree> look_at_tree(std::span<const Record::Line> lines, const std::string& folder, bool copied, Context& cx) {
    Look look(lines, folder);
    TRY_VOID(look.all(copied, cx));
    return std::move(look.out);
}

}  // namespace fieldstrip
