// Takes an image apart into a folder.
#pragma once
#include "engine/manifest.h"
#include "engine/sink.h"

namespace fieldstrip {

struct ExtractTerms {
    std::string folder;      // where to
    std::string image_file;  // "" or "-": none that could be shared
    std::string image_name;
    std::string parts;                             // as given, kept for repack
    bool carve = false;                            // also the encoded bytes of every node
    bool original = true;                          // a copy of the image, so that the folder stands alone
    bool deep = false;                             // what lies in files of file systems too
    bool links = true;                             // symlinks on the host; else they are lines only
    std::function<Result<void>()> last_look = {};  // asked before the folder gets its name: an error leaves nothing
    bool replace = false;                          // a folder that is there goes (the caller has made sure that it may)
};
struct Extracted {
    u64 files = 0;
    std::vector<std::string> not_whole;  // paths of nodes that could not be read whole, with why
};

/// `node` is the root of an image, or a node in it.
Result<Extracted> extract(Node& root, Node& node, const ExtractTerms&, Context&);
/// The same into a folder that is there already.
Result<Extracted> extract_to(FolderSink&, Node& root, Node& node, const ExtractTerms&, Context&);

}  // namespace fieldstrip
