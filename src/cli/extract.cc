// extract: take apart.
#include "base/text.h"
#include "cli/progress.h"
#include "engine/extractor.h"
#include "engine/folder.h"
#include "engine/output.h"

namespace fieldstrip::cli {

int extract(const Options& o) {
    const auto& image = o.images[0];
    Context cx({}, o.threads);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
    auto& file = opened->target.file;
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
    if (o.force && file_exists(terms.folder)) {
        auto old = Folder::open(terms.folder, cx);
        if (!old) return failed(terms.folder, old.error());
        if (!old->changes().empty())
            return complain(terms.folder, old->changes().begin()->first->place +
                                              " was changed in it: --force replaces only a folder in which nothing was"),
                   kRefused;
        if (old->is_in_git())
            return complain(terms.folder, "holds .git: --force would remove it: take it away or extract to another folder"), kRefused;
        terms.replace = true;
    }
    ProgressLine progress(cx, o, "taking apart");
    auto done = fieldstrip::extract(*opened->root, *opened->node, terms, cx);
    if (!done) return failed(image, done.error());
    constexpr size_t kShown = 100;
    for (size_t i = 0; i < done->not_whole.size() && i < kShown; i++) complain(image, done->not_whole[i]);
    if (done->not_whole.size() > kShown) complain(image, "and " + std::to_string(done->not_whole.size() - kShown) + " more");
    if (!o.quiet) put(escape(terms.folder) + ": " + std::to_string(done->files) + " files\n");
    return finished(cx, !done->not_whole.empty(), image);
}

}  // namespace fieldstrip::cli
