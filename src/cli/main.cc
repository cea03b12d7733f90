// The command line.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <deque>
#include <thread>

#include "base/heap.h"
#include "base/text.h"
#include "cli/guard.h"
#include "cli/signals.h"

using namespace fieldstrip;
using namespace fieldstrip::cli;

namespace {

void set_limit(Options& o, const std::string& text) {
    auto equals = text.find('=');
    auto name = text.substr(0, equals);
    auto value = equals == text.npos ? std::nullopt : parse_size(std::string_view(text).substr(equals + 1));
    u64 Limits::* which = name == "depth"     ? &Limits::depth
                          : name == "nodes"   ? &Limits::nodes
                          : name == "decoded" ? &Limits::decoded
                          : name == "memory"  ? &Limits::memory
                          : name == "seconds" ? &Limits::seconds
                                              : nullptr;
    if (!which || !value)
        throw CLI::ValidationError("--limit", "'" + text + "' is no NAME=VALUE of depth, nodes, decoded, memory or seconds");
    o.limits.*which = *value;
    if (which == &Limits::decoded) o.decoded_set = true;
}

/// CLI11 takes "-:/PATH", a path in standard input, for an option: it is parsed with this before it.
constexpr char kNoOption = '\x02';
void hide_stdin_path(std::string& word) {
    if (word.starts_with("-:/")) word.insert(word.begin(), kNoOption);
}
void show_stdin_path(std::string& word) {
    if (word.starts_with(kNoOption)) word.erase(word.begin());
}

class Parser {
  public:
    /// Options are those of the commands among the words: making them of all takes longer than a small image.
    Parser(Options& o, std::vector<std::string> words)
        : o_(o),
          app_("Maps, verifies, takes apart, changes and puts together firmware images, byte for byte.", "fieldstrip"),
          words_(std::move(words)) {
        app_.set_version_flag("--version", std::string("fieldstrip ") + FIELDSTRIP_VERSION,
                              "the version; with -v: what the sandbox is made of");
        app_.require_subcommand(1);
        app_.footer(
            "`fieldstrip IMAGE` is `fieldstrip scan IMAGE`. IMAGE[:PATH] names what lies in an image: "
            "camera.img:/00000000.uimage/payload.\n"
            "Exit codes: 0 done; 1 done, and something to know; 2 wrong command line; 3 refused, nothing written; 4 stopped at a limit.");
        // The default command: the first word that is no option is an image, not a command.
        if (!words_.empty() && !is_command(words_[0])) words_.insert(words_.begin(), "scan");
        for (auto& command : kCommands) {
            auto* app = app_.add_subcommand(command.name, command.what);
            apps_.push_back(app);
            if (std::find(words_.begin(), words_.end(), command.name) == words_.end()) continue;
            common(app);
            (this->*command.options)(app);
        }
    }

    int run() {
        for (auto& w : words_) hide_stdin_path(w);
        std::reverse(words_.begin(), words_.end());
        try {
            app_.parse(words_);
            after();
        } catch (const CLI::ParseError& e) {
            int code = app_.exit(e);
            return code ? int(kUsage) : int(kDone);
        }
        auto* command = parsed();
        if (!command) return kUsage;
        if (!command->writes && o_.html.empty()) give_up_the_rest(o_);
        return command->run(o_);
    }
    /// Whether what was asked for is a file or a folder; else it is what was printed.
    bool wrote() const { return parsed() && parsed()->writes; }

  private:
    struct Command {
        const char *name, *what;
        int (*run)(const Options&);
        void (Parser::*options)(CLI::App*);
        bool writes = false;  // it enters the sandbox itself, when it has opened what it writes
    };
    static const Command kCommands[12];

    static bool is_command(const std::string& word) {
        if (word == "--help" || word == "-h" || word == "--version") return true;
        return std::any_of(std::begin(kCommands), std::end(kCommands), [&](auto& c) { return c.name == word; });
    }
    const Command* parsed() const {
        for (size_t i = 0; i < apps_.size(); i++)
            if (apps_[i]->parsed()) return &kCommands[i];
        return nullptr;
    }

    /// What every command takes.
    void common(CLI::App* c) {
        c->add_option("-j", o_.threads, "threads (default: all cores; the output is the same for any number)");
        c->add_flag("-q,--quiet", o_.quiet, "say less");
        c->add_flag("-v,--verbose", o_.verbose, "say more");
        c->add_option("--color", o_.color, "auto, always or never")->check(CLI::IsMember({"auto", "always", "never"}));
        c->add_option_function<std::vector<std::string>>(
             "--limit",
             [this](auto& all) {
                 for (auto& l : all) set_limit(o_, l);
             },
             "NAME=VALUE of depth, nodes, decoded, memory, seconds")
            ->take_all()
            ->allow_extra_args(false);
        c->add_flag("--no-sandbox", o_.no_sandbox, "give nothing up: without Landlock, seccomp and rlimits");
    }
    void json(CLI::App* c) { c->add_flag("--json", o_.json, "as JSON"); }
    void parts(CLI::App* c) {
        c->add_option("--parts", o_.parts, "partition borders as the kernel's mtdparts: 256k(boot),2M(kernel),-(rootfs)");
    }
    void images(CLI::App* c, const char* name = "IMAGE") {
        c->add_option(name, o_.images, "a file, - for standard input, or FILE:/PATH")->required();
    }
    void image(CLI::App* c, const char* name, const char* what) { c->add_option(name, o_.images, what)->required()->expected(1); }

    void scan(CLI::App* c) {
        images(c);
        c->add_flag("--tree", o_.tree, "go into parts and contents");
        c->add_flag("--all", o_.all, "also the candidates that were turned down, and why");
        c->add_flag("--entropy", o_.entropy, "how random each part is, and what unknown bytes look like");
        json(c), parts(c);
    }
    void info(CLI::App* c) { images(c, "IMAGE[:PATH]"), json(c), parts(c); }
    void verify(CLI::App* c) {
        info(c);
        c->add_flag("--all", o_.all, "also what passed");
    }
    void ls(CLI::App* c) {
        info(c);
        c->add_flag("-R", o_.recursive, "all that is inside");
        c->add_flag("-l", o_.long_list, "offset, size and format");
        c->add_flag("--sha256", o_.sha256, "with digests");
    }
    void cat(CLI::App* c) { image(c, "IMAGE:PATH", "a node"), parts(c); }
    void why(CLI::App* c) {
        auto only = [this](const std::string& word) { o_.images = {word}; };  // a vector would take the offset too
        c->add_option_function<std::string>("IMAGE[:PATH]", only, "an image, or a node in it")->required(), parts(c);
        c->add_option("OFFSET", o_.offset, "of the byte: decimal or 0x…")->required();
    }
    void diff(CLI::App* c) {
        c->add_option("A B", o_.images, "before and after: files, or IMAGE:PATH")->required()->expected(2);
        json(c), parts(c);
        c->add_option("--html", o_.html, "FILE: the page of B with what changed");
    }
    void report(CLI::App* c) {
        c->add_option("IMAGE[:PATH]", o_.images, "an image, or a node in it; two: what changed from the first to the second")
            ->required()
            ->expected(1, 2);
        parts(c);
        c->add_option("-o", o_.output, "the page (default: IMAGE.html); - for standard output");
        c->add_option("--sbom", o_.sbom, "FILE: its components as CycloneDX 1.5 JSON; without -o nothing else is written");
        c->add_flag("--json", o_.json, "what it is made of and what to look at first, as JSON; without -o nothing else is written");
        c->add_flag("--force", o_.force, "replace IMAGE.html");
    }
    void extract(CLI::App* c) {
        image(c, "IMAGE[:PATH]", "an image, or a node in it"), parts(c);
        c->add_option("-o", o_.output, "the folder (default: IMAGE.fs); must not exist or be empty");
        c->add_flag("--deep", o_.deep, "also what lies in files of file systems");
        c->add_flag("--no-links", o_.no_links, "symlinks only as lines of the .mtree");
        c->add_flag("--carve", o_.carve, "also the encoded bytes of every node");
        c->add_flag("--force", o_.force, "replace a folder of ours in which nothing was changed");
        c->add_flag("--no-original", o_.no_original, "keep no copy of the image in the folder");
    }
    void repack(CLI::App* c) {
        image(c, "DIR", "a folder that extract made"), parts(c);
        c->add_option("-o", o_.output, "the image (default: NAME.new beside DIR)");
        c->add_flag("--check", o_.check, "compare with the original");
        c->add_flag("--rebuild-all", o_.rebuild_all, "encode everything again from contents and parameters");
        c->add_option("--original", o_.original, "the image that the folder was made from");
        c->add_flag("--force", o_.force, "replace a file that is there");
        changing(c);
    }
    void formats(CLI::App* c) {
        c->add_option("NAME", o_.images, "only these");
        c->add_flag("--json", o_.json, "as JSON");
    }
    void changing(CLI::App* c) {
        c->add_flag("--plan", o_.plan, "show what would change, write nothing");
        c->add_flag("--json", o_.json, "the plan as JSON");
        c->add_flag("--repair", o_.repair, "also set derived fields that were already wrong");
        c->add_flag("--resize", o_.resize, "the image may change its size");
        c->add_flag("--force-format", o_.force_format, "what is put in a node's place may be of another format");
        c->add_flag("--fix-sums", o_.fix_sums, "set checksums that were found in unknown bytes");
        c->add_option_function<std::string>(
            "--erase-block",
            [this](auto& s) {
                auto v = parse_size(s);
                if (!v || !*v) throw CLI::ValidationError("--erase-block", "'" + s + "' is no size");
                o_.erase_block = *v;
            },
            "size of an erase block, for the plan (default: 64k)");
    }
    void edit(CLI::App* c) {
        image(c, "IMAGE", "the image"), parts(c);
        c->add_option("-o", o_.output, "the image to write");
        c->add_flag("--in-place", o_.in_place, "write over IMAGE, when the result is complete and proven");
        changing(c);
        struct Verb {
            const char *name, *what;
            int words;
        };
        static constexpr Verb kVerbs[] = {
            {"set", "PATH.FIELD=VALUE", 1},
            {"replace", "PATH FILE: new bytes; FILE may be IMAGE:PATH", 2},
            {"add", "PATH FILE: a file or a folder with all in it, into a file system", 2},
            {"mkdir", "PATH", 1},
            {"symlink", "PATH TARGET", 2},
            {"link", "PATH EXISTING: a hard link", 2},
            {"mknod", "PATH c|b MAJOR MINOR", 4},
            {"remove", "PATH: with all under it", 1},
            {"rename", "PATH NEW", 2},
            {"chmod", "PATH MODE: four octal digits", 2},
            {"chown", "PATH UID:GID", 2},
            {"touch", "PATH TIME: seconds or 2018-06-06T07:07:07", 2},
            {"xattr", "PATH NAME=BASE64: an extended attribute; empty: removed", 2},
        };
        for (auto& v : kVerbs) {
            auto& verb = verbs_.emplace_back(v.name, v.words);
            verb.option = c->add_option(std::string("--") + v.name, verb.given, v.what)->type_size(v.words)->expected(-1)->take_all();
        }
        edit_ = c;
    }

    /// What options mean together.
    void after() {
        for (auto& w : o_.images) show_stdin_path(w);
        for (auto& v : verbs_)
            for (auto& w : v.given) show_stdin_path(w);
        if (!o_.threads) o_.threads = std::max(1u, std::thread::hardware_concurrency());
        o_.threads = std::min(o_.threads, 256u);
        o_.colored = o_.color == "always" || (o_.color == "auto" && isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"));
        if (!edit_ || !edit_->parsed()) return;
        if (!o_.output.empty() + o_.in_place + o_.plan != 1)
            throw CLI::ValidationError("edit", "needs exactly one of -o OUT, --in-place and --plan");
        for (auto* option : edit_->parse_order())  // once for each of its words
            for (auto& v : verbs_)
                if (option == v.option && ++v.met % v.words == 0) v.take(o_.operations);
        for (auto& v : verbs_) {
            if (v.taken != v.given.size()) throw CLI::ValidationError("--" + v.name, "needs " + std::to_string(v.words) + " words");
        }
        if (o_.operations.empty() && !o_.repair) throw CLI::ValidationError("edit", "no operation: --set, --replace, --add … or --repair");
    }

    Options& o_;
    CLI::App app_;
    std::vector<std::string> words_;
    std::vector<CLI::App*> apps_;  // as kCommands
    /// An operation of `edit`, with the words given for it.
    struct Given {
        Given(const char* n, int w) : name(n), words(size_t(w)) {}
        std::string name;
        size_t words, met = 0, taken = 0;
        std::vector<std::string> given = {};
        CLI::Option* option = nullptr;
        void take(std::vector<Operation>& out) {
            if (taken + words > given.size()) return;
            auto from = given.begin() + std::ptrdiff_t(taken);
            out.push_back({name, {from, from + std::ptrdiff_t(words)}});
            taken += words;
        }
    };
    std::deque<Given> verbs_;
    CLI::App* edit_ = nullptr;
};

constexpr Parser::Command Parser::kCommands[] = {
    {"scan", "the map (default command)", cli::scan, &Parser::scan},
    {"info", "fields, checks, how it was made", cli::info, &Parser::info},
    {"verify", "every check, inside too", cli::verify, &Parser::verify},
    {"ls", "what is in it", cli::list, &Parser::ls},
    {"cat", "bytes of a node to standard output", cli::cat, &Parser::cat},
    {"why", "who owns a byte, and why", cli::why, &Parser::why},
    {"diff", "what changed from one image to another", cli::diff, &Parser::diff},
    {"report", "one self-contained page", cli::report, &Parser::report, true},
    {"extract", "take apart", cli::extract, &Parser::extract, true},
    {"repack", "put together", cli::repack, &Parser::repack, true},
    {"edit", "change without a folder", cli::edit, &Parser::edit, true},
    {"formats", "what can be done with each format", cli::formats, &Parser::formats},
};

bool is_version(const std::vector<std::string>& words) {
    return !words.empty() && (words[0] == "--version" || (words.size() > 1 && words[0] == "-v" && words[1] == "--version"));
}

int version(const std::vector<std::string>& words) {
    put(std::string("fieldstrip ") + FIELDSTRIP_VERSION + "\n");
    if (std::any_of(words.begin(), words.end(), [](auto& w) { return w == "-v" || w == "--verbose"; })) put(words_of_sandbox());
    return kDone;
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory();
    install_handlers();
    try {
        std::vector<std::string> words(argv + 1, argv + argc);
        if (words.empty()) words.push_back("--help");
        if (is_version(words)) return version(words);
        Options o;
        Parser parser(o, std::move(words));
        int code = parser.run();
        if (std::fflush(output()) || std::ferror(output())) {
            const int error = errno;
            if (error != EPIPE) complain("standard output", std::strerror(error));  // who closes a pipe knows
            code = std::max(code, int(error == EPIPE || parser.wrote() ? kSomething : kRefused));
        }
        end_as_asked();
        return code;
    } catch (const std::bad_alloc&) {
        complain("", "out of memory");
    } catch (const std::exception& e) {
        complain("", e.what());
    }
    return kRefused;
}
