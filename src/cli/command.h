// What commands share: the options, an image that was opened, and how things are said.
#pragma once
#include <cstdio>

#include "base/json.h"
#include "engine/store.h"
#include "engine/tree.h"

namespace fieldstrip::cli {

enum Exit {
    kDone = 0,
    kSomething = 1,
    kUsage = 2,
    kRefused = 3,
    kStopped = 4
};

/// One operation of `edit`, in the order given.
struct Operation {
    std::string name;  // "set", "replace"
    std::vector<std::string> words;
};

struct Options {
    std::vector<std::string> images;  // IMAGE… or DIR
    std::string output, original, parts, offset, sbom, html, color = "auto";
    bool json = false, tree = false, entropy = false, all = false, recursive = false, sha256 = false, long_list = false;
    bool carve = false, force = false, no_original = false, deep = false, no_links = false;
    bool check = false, rebuild_all = false, repair = false, plan = false, resize = false, in_place = false, force_format = false,
         fix_sums = false;
    bool quiet = false, verbose = false;
    u64 erase_block = 0;
    unsigned threads = 0;
    bool no_sandbox = false;
    /// Opened before the process gives up opening files.
    std::shared_ptr<Spill> spill = std::make_shared<Spill>();
    Limits limits;
    bool decoded_set = false;
    std::vector<Operation> operations;
    bool colored = false;  // what `color` comes to
};

/// An image on the command line, with the path in it.
struct Target {
    std::string file;  // "-": standard input
    std::string path;  // "/" or what stood behind ':'
};
/// An argument that is an existing file is an image; else it is cut at the first ":/" before which an existing file (or "-") stands.
Target parse_target(const std::string& argument);

/// What a command works with: its threads, the process's signals and its one file for decoded bytes.
class Work : public Context {
  public:
    explicit Work(const Options& o);
};

struct Opened {
    Target target;
    std::optional<Stamp> stamp;  // of the file as it was opened; of standard input none
    std::unique_ptr<Node> root;
    Node* node = nullptr;  // at the path
    std::string rest;      // of the path: an entry of the file system `node` that is no file, a folder
};
/// Error where the path is no node; with `entries` it may end at any entry, a folder too.
Result<Opened> open_target(const std::string& argument, const Options&, Context&, bool entries = false);

/// Error Io when the file is another one now than it was when it was opened.
Result<void> is_as_it_was(const Opened&);

/// The limit of decoded bytes grows with the image.
Limits limits_for(const Options&, u64 image_size);

/// "fieldstrip: PATH: what is wrong: what would help", one line on stderr.
void complain(std::string_view what, std::string_view why);
/// Says it, and the exit code that belongs to it.
int failed(std::string_view what, const Error&);
/// Says `why` where both names are one file, or that this can't be told: the exit code; 0 where they are two.
int refuse_same(const std::string& a, const std::string& b, std::string_view what, std::string_view why);
/// The code at the end of work that was done: 4 when a limit was met.
int finished(const Context&, bool something_to_know, std::string_view what);

/// Standard output; failing when nobody reads any more.
void put(std::string_view);
/// Standard output, as all that is put goes there.
FILE* output();
bool put_bytes(ByteView);
JsonWriter json_out();

int scan(const Options&);
int info(const Options&);
int verify(const Options&);
int why(const Options&);
int list(const Options&);
int cat(const Options&);
int diff(const Options&);
int extract(const Options&);
int repack(const Options&);
int edit(const Options&);
int report(const Options&);
int formats(const Options&);

}  // namespace fieldstrip::cli
