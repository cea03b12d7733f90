// Files of each file system and archive, with modes and owners.
#include "base/text.h"
#include "page/sections.h"

namespace fieldstrip::page {
namespace {

constexpr size_t kMostFiles = 6000;  // of all together

void row(Html& h, const Entry& e) {
    const bool special = e.mode && (*e.mode & 06000);
    h.open("tr").element("td", mode_letters(e), {{"class", special ? "mode bad" : "mode"}});
    h.element("td", e.uid ? std::to_string(*e.uid) + ":" + std::to_string(e.gid.value_or(0)) : "-", {{"class", "number"}});
    h.element("td",
              e.is_device() ? std::to_string(e.major) + "," + std::to_string(e.minor)
              : e.is_file() ? std::to_string(e.size)
                            : "",
              {{"class", "number"}});
    h.element("td", e.mtime ? utc_time(*e.mtime) : "-", {{"class", "time"}});
    h.open("td", {{"class", "path"}}).text(e.path.empty() ? "." : e.path);
    if (e.is(Entry::Type::Symlink)) h.text(" → " + e.target);
    h.close().close();
}

}  // namespace

void files_section(Html& h, const Outline& o, Context& cx) {
    bool any = false;
    size_t shown = 0;
    for (auto& s : o.nodes) {
        auto entries = s.node->entries(cx);
        if (!entries || !*entries) continue;
        if (!std::exchange(any, true))
            h.ours(
                R"(<section id="files"><h2>Files</h2><p class="find" hidden><label for="find-file">Find a file</label> <input id="find-file" type="search" autocomplete="off"> <output id="found-files" aria-live="polite"></output></p>)");
        auto& all = (*entries)->all();
        h.open("details", {{"class", "files"}})
            .element("summary", s.path + ": " + std::to_string(all.size()) + (all.size() == 1 ? " entry" : " entries"));
        open_table(h, "files of " + s.path, {"mode", "owner", "size", "time", "path"});
        std::vector<size_t> order(all.size());
        for (size_t i = 0; i < order.size(); i++) order[i] = i;
        std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return path_less(all[a].path, all[b].path); });
        size_t rows = 0;
        for (; rows < order.size() && shown < kMostFiles && h.size() < kPageBudget; rows++, shown++) row(h, all[order[rows]]);
        close_table(h);
        if (rows < all.size())
            h.element("p", "and " + std::to_string(all.size() - rows) + " more: ls -R -l shows them", {{"class", "quiet"}});
        h.close();
    }
    if (any) h.ours("</section>\n");
}

}  // namespace fieldstrip::page
