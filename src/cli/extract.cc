// extract: take apart.
#include "base/heap.h"
#include "base/text.h"
#include "cli/guard.h"
#include "cli/progress.h"
#include "engine/extractor.h"
#include "engine/folder.h"
#include "engine/output.h"

namespace fieldstrip::cli {
namespace {

/// 0, or the code with which it is refused.
int may_be_replaced(const std::string& folder, const Options& o) {
    Options alone = o;
    alone.threads = 1;  // the process has not given up anything yet, and its threads shall have
    Work cx(alone);
    auto old = Folder::open(folder, cx);
    if (!old) return failed(folder, old.error());
    auto refuse = [&](const std::string& why) { return complain(folder, why), kRefused; };
    if (!old->changes().empty())
        return refuse(old->changes().begin()->first->place + " was changed in it: --force replaces only a folder in which nothing was");
    if (old->is_in_git()) return refuse("holds .git: --force would remove it: take it away or extract to another folder");
    return kDone;
}

}  // namespace

int extract(const Options& o) {
    const auto& image = o.images[0];
    const auto target = parse_target(image);
    auto& file = target.file;
    bool piped = file == "-";
    ExtractTerms terms{.folder = o.output,
                       .image_file = piped ? "" : file,
                       .image_name = piped ? "stdin" : file.substr(file.rfind('/') + 1),
                       .parts = o.parts,
                       .carve = o.carve,
                       .original = !o.no_original,
                       .deep = o.deep,
                       .links = !o.no_links};
    if (terms.folder.empty()) terms.folder = (piped ? "stdin" : file) + ".fs";
    if (!piped)
        if (auto there = open_file(file); !there) return failed(image, there.error());
    if (o.force) {
        auto there = file_exists(terms.folder);
        if (!there) return failed("", there.error());
        if (*there)
            if (int code = may_be_replaced(terms.folder, o)) return code;
        terms.replace = *there;
    }
    heap_in_huge_pages();
    auto sink = FolderSink::create(terms.folder, terms.replace);
    if (!sink) return failed("", sink.error());
    Grants writes{.write = {sink->temporary()}, .folder_names = {sink->above()}};
    if (terms.replace) writes.write.push_back(terms.folder);
    give_up_the_rest(o, std::move(writes));
    Work cx(o);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
    terms.last_look = [&] { return is_as_it_was(*opened); };
    ProgressLine progress(cx, o, "taking apart");
    auto done = extract_to(*sink, *opened->root, *opened->node, terms, cx);
    if (!done) return failed(image, done.error());
    constexpr size_t kShown = 100;
    for (size_t i = 0; i < done->not_whole.size() && i < kShown; i++) complain(image, done->not_whole[i]);
    if (done->not_whole.size() > kShown) complain(image, "and " + std::to_string(done->not_whole.size() - kShown) + " more");
    if (!o.quiet) put(escape(terms.folder) + ": " + std::to_string(done->files) + " files\n");
    return finished(cx, !done->not_whole.empty(), image);
}

}  // namespace fieldstrip::cli
