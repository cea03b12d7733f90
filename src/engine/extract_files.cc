#include "engine/extract_files.h"

#include "engine/names.h"
#include "engine/read_ahead.h"
#include "model/in_order.h"

namespace fieldstrip {
namespace {

using Made = FolderSink::Made;
constexpr unsigned kSpellings = 64;  // of one name, before the host is given up on
constexpr u64 kLongestPath = 1024;   // below the folder: what is longer many tools of a host can't reach

class Writer {
  public:
    Writer(Node& files, const EntryList& list, const std::string& place, FolderSink& sink, bool look, EarlyFiles* early, Context& cx)
        : files_(files), list_(list), place_(place), sink_(sink), look_(look), early_(early), cx_(cx) {
        out.lines.reserve(list.all().size());
        for (auto& e : list.all()) out.lines.push_back({.entry = e});
        folders_[""] = "";
    }

    FilesWritten out;

    /// Folders come first, so that nothing of their names is in their way; of a path that stands several times the last gets the name.
    Result<void> all(bool links) {
        auto& entries = list_.all();
        for (size_t i = 0; i < entries.size(); i++)
            if (entries[i].is(Entry::Type::Directory) && fits(entries[i])) to_make_.push_back(i);
        std::vector<size_t> order, read;  // all files; those of them whose content is read, each of several links once
        for (bool last : {true, false})
            for (size_t i = 0; i < entries.size(); i++)
                if (entries[i].is_file() && (list_.find(entries[i].path) == i) == last && fits(entries[i])) {
                    order.push_back(i);
                    if (first_.try_emplace(entries[i].node, i).second) read.push_back(i);
                }
        TRY_VOID(files_in(order, read));
        TRY_VOID(make_folders());
        if (!links) return {};
        for (size_t i = 0; i < entries.size(); i++)
            if (entries[i].is(Entry::Type::Symlink) && fits(entries[i])) TRY_VOID(symlink(i));
        return {};
    }

  private:
    /// Whether the host can have it there; else it is a line only, and said to be.
    bool fits(const Entry& e) {
        if (place_.size() + host_path(e.path).size() < kLongestPath) return true;
        out.not_whole.push_back(files_.path() + '/' + e.path.substr(0, 80) + "…: its path is longer than " + std::to_string(kLongestPath) +
                                " bytes on the host: it is a line only");
        return false;
    }
    std::string below(const std::string& host) const {
        std::string path;
        path.reserve(place_.size() + 1 + host.size());
        return path.append(place_).append(host.empty() ? "" : "/").append(host);
    }

    /// Tries the name in a folder of the host, by `how(path)`, then other spellings of it. Where the host can't make it: "".
    Result<std::string> spell(const std::string& up, std::string_view name, const auto& how) {
        for (unsigned k = 0; k < kSpellings; k++) {
            std::string host;
            host.reserve(up.size() + 1 + name.size());
            host.append(up).append(up.empty() ? "" : "/").append(k ? other_host_name(name, k - 1) : host_name(name));
            Made made = TRY(how(below(host)));
            if (made == Made::Yes) return host;
            if (made == Made::Unable) return std::string();
        }
        out.not_whole.push_back(files_.path() + ": the host takes no more spellings of the name " + std::string(name) +
                                ": it is a line only");
        return std::string();
    }
    Result<std::string> make(size_t i, const auto& how) {
        const std::string_view path = list_.all()[i].path;
        std::string_view name;
        for (auto rest = path; !rest.empty();) name = take_name(rest);
        return spell(TRY(folder(path.substr(0, path.size() - std::min(path.size(), name.size() + 1)))), name, how);
    }

    /// The host's folder of an image's folder, made with those that it lies in.
    Result<std::string> folder(std::string_view path) {
        if (auto known = folders_.find(path); known != folders_.end()) return known->second;
        std::string host;
        for (auto rest = path; !rest.empty();) {
            const auto name = take_name(rest);
            const auto done = path.substr(0, size_t(name.data() + name.size() - path.data()));
            auto known = folders_.find(done);
            if (known == folders_.end()) {
                auto made = TRY(spell(host, name, [&](const std::string& path) { return sink_.new_folder(path); }));
                known = folders_.emplace(done, made).first;
            }
            host = known->second;
        }
        return host;
    }

    /// All that are still to be made: when the first file is there to be written, while others are read.
    Result<void> make_folders() {
        for (size_t i : std::exchange(to_make_, {})) out.lines[i].host = TRY(folder(list_.all()[i].path));
        return {};
    }

    Result<void> files_in(const std::vector<size_t>& order, const std::vector<size_t>& read) {
        Result<void> done;
        auto next = order.begin();
        auto links_before = [&](size_t i) {
            for (; done && next != order.end() && *next != i; ++next) done = link(*next);
        };
        read_ahead(
            files_, list_.all(), read, true,
            [&](size_t i, const ReadFile& content, const Buffer* bytes) {
                if (done) done = make_folders();
                links_before(i);
                if (done) done = file(i, content);
                if (look_ && bytes) keep(i, *bytes);
                ++next;
                return done.has_value();
            },
            look_ ? SeenFile([&](size_t i, const Buffer& bytes) {
                if (auto n = files_.entry(i, cx_)) (*n)->look_into(bytes, cx_);
            })
                  : SeenFile(),
            early_, cx_);
        links_before(list_.all().size());
        return done;
    }

    /// What has something in it is asked for again soon.
    void keep(size_t i, const Buffer& bytes) {
        auto n = files_.entry(i, cx_);
        if (!n || bytes.size() > may_keep_ || !(*n)->is_shown(cx_)) return;
        may_keep_ -= bytes.size();
        (*n)->keep(bytes);
    }

    Result<void> link(size_t i) {
        auto& line = out.lines[i];
        auto& twin = out.lines[first_.at(line.entry.node)];
        line.sha256 = twin.sha256, line.whole = twin.whole, line.lost = twin.lost;
        line.host = TRY(make(i, [&](const std::string& path) { return sink_.new_link(path, below(twin.host)); }));
        if (!line.host.empty()) return {};
        // The host can't link: each is a file.
        return file(i, [&](const Sink& sink) { return state_of(files_, list_.all()[i], true, cx_, sink); });
    }

    Result<void> file(size_t i, const ReadFile& content) {
        auto& line = out.lines[i];
        auto& e = line.entry;
        EntryState state;
        bool executable = e.mode.value_or(0) & 0111;
        line.host = TRY(make(i, [&](const std::string& path) {
            return sink_.new_file(path, executable, [&](const Sink& sink) { state = content(sink); });
        }));
        if (line.host.empty()) return {};
        line.sha256 = state.sha256, line.entry.size = state.size, line.whole = state.state == EntryState::Intact,
        line.lost = std::move(state.lost);
        if (!line.whole && first_.at(e.node) == i) out.not_whole.push_back(files_.path() + '/' + e.path + ": " + state.why);
        out.files++;
        return {};
    }

    Result<void> symlink(size_t i) {
        out.lines[i].host = TRY(make(i, [&](const std::string& path) { return sink_.new_symlink(path, list_.all()[i].target); }));
        return {};
    }

    Node& files_;
    const EntryList& list_;
    const std::string& place_;
    FolderSink& sink_;
    const bool look_;
    EarlyFiles* const early_;
    Context& cx_;
    u64 may_keep_ = ahead_budget(cx_) / 2;                       // bytes of files
    std::vector<size_t> to_make_;                                // folders
    std::unordered_map<std::string_view, std::string> folders_;  // the image's, as list_ has their paths → the host's, below place_
    std::unordered_map<u64, size_t> first_;                      // by node: the line of its first link
};

}  // namespace

Result<FilesWritten> write_files(Node& files, const std::string& place, FolderSink& sink, bool links, bool look, EarlyFiles* early,
                                 Context& cx) {
    auto* list = TRY(files.entries(cx));
    if (look) (void)TRY(files.children(cx));  // all there, before several threads ask for them
    TRY_VOID(sink.folder(place));
    Writer w(files, *list, place, sink, look, early, cx);
    TRY_VOID(w.all(links));
    for (auto& folder : TRY(TRY(files.item(cx))->files()->cut_folders(cx)))
        w.out.not_whole.push_back(files.path() + '/' + folder + ": the folder can't be listed to its end");
    return std::move(w.out);
}

}  // namespace fieldstrip
