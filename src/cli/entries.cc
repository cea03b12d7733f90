#include "cli/entries.h"

#include <set>

#include "base/text.h"
#include "cli/text.h"
#include "engine/read_ahead.h"
#include "engine/words.h"

namespace fieldstrip::cli {
namespace {

class Lister {
  public:
    Lister(Node& n, const Options& o, Context& cx) : node_(n), o_(o), cx_(cx) {}

    bool run(const std::string& folder) {
        auto list = node_.entries(cx_);
        if (!list) return false;
        list_ = *list;
        std::optional<JsonWriter> j;
        if (o_.json) {
            j.emplace(put);
            auto path = node_.path();
            j->object()
                .text("schema", "fieldstrip.entries/1")
                .bytes("path", folder.empty() ? path : path + '/' + folder)
                .key("entries")
                .array();
        }
        if (auto item = node_.item(cx_))
            if (auto cut = (*item)->files()->cut_folders(cx_)) cut_.insert(cut->begin(), cut->end());
        std::vector<size_t> listed;
        for (size_t i = 0; i < list_->all().size(); i++) {
            auto& e = list_->all()[i];
            if (!is_under(e.path, folder) || !(o_.recursive || e.path == folder || parent_path(e.path) == folder)) continue;
            if (o_.json || e.path != folder || !e.is(Entry::Type::Directory)) listed.push_back(i);
        }
        if (o_.json || o_.sha256 || o_.long_list) read(listed);
        for (size_t i : listed) j ? json(*j, i) : text(i);
        for (auto& f : cut_) good_ = good_ && !is_under(f, folder);
        if (j) j->end().boolean("complete", cx_.complete()).end().newline();
        return good_;
    }

  private:
    /// Digests and states: of hard links once.
    void read(const std::vector<size_t>& listed) {
        std::vector<size_t> files;
        for (size_t i : listed)
            if (list_->all()[i].is_file() && states_.try_emplace(list_->first_link(i)).second) files.push_back(i);
        read_ahead(
            node_, list_->all(), files, o_.sha256,
            [&](size_t i, const ReadFile& content, const Buffer*) { return states_[list_->first_link(i)] = content({}), true; }, {},
            nullptr, cx_);
    }
    const EntryState& state(size_t i) {
        auto& s = states_[list_->first_link(i)];
        good_ = good_ && s.state == EntryState::Intact;
        return s;
    }

    void json(JsonWriter& j, size_t i) {
        auto& e = list_->all()[i];
        j.object().bytes("path", e.path).text("type", name_of(e.type));
        if (e.mode) j.text("mode", mode_octal(*e.mode));
        if (e.uid) j.number("uid", *e.uid);
        if (e.gid) j.number("gid", *e.gid);
        if (e.mtime) j.key("mtime").number(*e.mtime);
        if (e.is_file()) {
            auto& s = state(i);
            j.number("size", e.size);
            if (o_.sha256) j.text("sha256", s.sha256);
            j.number("links", list_->links(i)).text("state", name_of_state(s.state));
        } else {
            if (e.is(Entry::Type::Symlink)) j.bytes("target", e.target);
            if (e.is_device()) j.key("rdev").array().number(u64{e.major}).number(u64{e.minor}).end();
            bool cut = cut_.contains(e.path);
            good_ = good_ && !cut;
            j.text("state", cut ? "partial" : "intact");
        }
        if (!e.xattrs.empty()) {
            j.key("xattrs").object();
            for (auto& [name, value] : e.xattrs) j.text(name, base64(value));
            j.end();
        }
        j.end();
    }

    void text(size_t i) {
        auto& e = list_->all()[i];
        std::string line;
        if (o_.long_list) {
            auto owner = e.uid ? std::to_string(*e.uid) + ':' + std::to_string(e.gid.value_or(0)) : "-";
            auto size = e.is_device() ? std::to_string(e.major) + ',' + std::to_string(e.minor) : std::to_string(e.size);
            line = mode_letters(e) + "  " + padded(std::to_string(list_->links(i)), 3, true) + "  " + padded(owner, 11, true) + "  " +
                   padded(size, 10, true) + "  " + padded(e.mtime ? utc_time(*e.mtime) : "-", 20) + "  ";
        }
        std::string wrong;
        if (o_.sha256 || o_.long_list) {
            auto* s = e.is_file() ? &state(i) : nullptr;
            if (o_.sha256) line += padded(s ? s->sha256 : "", 64) + "  ";
            if (s && s->state != EntryState::Intact) wrong = "  [" + std::string(name_of_state(s->state)) + ": " + s->why + "]";
        }
        if (e.is(Entry::Type::Directory) && cut_.contains(e.path)) wrong = "  [partial: it can't be listed to its end]";
        line += escape(e.path.empty() ? "." : e.path);
        if (o_.long_list && e.is(Entry::Type::Symlink)) line += " -> " + escape(e.target);
        put(line + escape(wrong) + "\n");
    }

    Node& node_;
    const Options& o_;
    Context& cx_;
    const EntryList* list_ = nullptr;
    std::unordered_map<size_t, EntryState> states_;
    std::set<std::string> cut_;  // folders
    bool good_ = true;
};

}  // namespace

bool list_entries(Node& n, const std::string& folder, const Options& o, Context& cx) { return Lister(n, o, cx).run(folder); }

}  // namespace fieldstrip::cli
