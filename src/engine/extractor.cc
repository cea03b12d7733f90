#include "engine/extractor.h"

#include <set>

#include "base/aside.h"
#include "base/digest.h"
#include "engine/extract_files.h"
#include "engine/fields_file.h"
#include "engine/mtree.h"
#include "engine/names.h"

namespace fieldstrip {
namespace {

class Extractor {
  public:
    Extractor(FolderSink& sink, Manifest& manifest, const ExtractTerms& terms, Context& cx)
        : sink_(sink), manifest_(manifest), terms_(terms), cx_(cx), aside_(cx.pool) {}

    Extracted out;

    /// `written`: the file that its file system wrote for it.
    Result<Record> node(Node& n, const std::string& place, const std::string& written = "") {
        auto* f = n.format(cx_);
        Record r{.name = n.name, .format = std::string(f->id), .offset = n.extent().offset};
        using enum Node::Kind;
        r.kind = n.kind == Region ? "region" : n.kind == Part ? "part" : n.kind == Content ? "content" : "entry";
        auto bytes = TRY(n.bytes(cx_));
        r.size = bytes.size(), r.pad = n.pad(), r.place = place;
        if (n.damage() && written.empty()) {
            if (n.damage()->kind == Error::Kind::Io) return std::unexpected(*n.damage());  // the host's fault, not the image's
            r.whole = false;
            out.not_whole.push_back(n.path() + ": " + n.damage()->message);
        }
        if (f == &padding) return r;
        if (is_known(*f)) {
            for (auto& said : n.findings(cx_))
                if (said.severity == Severity::Error && !(n.damage() && said.message == n.damage()->message))
                    out.not_whole.push_back(n.path() + ": " + said.code + ": " + said.message);
            if (auto opened = n.item(cx_); !opened && opened.error().kind != Error::Kind::Limit) {  // its bytes, then
                r.whole = false;
                if (written.empty()) TRY_VOID(file(r.file = place, bytes));
                return r;
            }
        }
        if (is_known(*f) && TRY(n.item(cx_))->files()) return files(n, bytes, std::move(r), written.empty());
        auto kids = TRY(n.children(cx_));
        bool root = !n.parent;
        bool leaf = kids.empty() || f == &raw;
        if (leaf) r.file = written;
        if (!root && leaf && written.empty()) TRY_VOID(file(r.file = place, bytes));
        if (!root && written.empty() && r.file.empty() && terms_.carve) TRY_VOID(file(r.carved = place, bytes));
        bool whole = true;  // of a content that is not, none can be made again: how it was made need not be found
        for (auto& c : kids)
            if (c->kind == Content) whole = TRY(c->bytes(cx_)).size() == c->extent().size && !c->damage() && whole;
        if (is_known(*f)) TRY_VOID(known(n, bytes, r, whole));
        if (!kids.empty() && !root) TRY_VOID(sink_.folder(place + ".in"));
        auto place_of = [&](const Node& kid) { return (root ? "" : place + ".in/") + host_name(kid.name); };
        if (root && kids.size() <= kFewRegions)
            for (bool coded : {true, false})
                for (auto& c : kids) TRY_VOID(look_ahead(*c, place_of(*c), coded));
        for (auto& c : kids) {
            r.children.push_back(TRY(node(*c, place_of(*c))));
            c->forget();
        }
        return r;
    }

    /// Waits for what is still looked for and written, and gives it to the records.
    Result<void> finish(Record& r) {
        aside_.wait();
        for (auto& [item, place] : asked_) {
            if (auto found = tried_.find(place); found != tried_.end() && item->coded()->settle(found->second, cx_))
                recipes_[place] = std::move(found->second);
            else
                find_recipe(item, item->coded(), place);
        }
        aside_.wait();
        if (failed_) return std::unexpected(*failed_);
        for (auto& [number, digest] : digests_) manifest_.files[number].sha256 = digest;
        give(r);
        return {};
    }

  private:
    void give(Record& r) {
        if (auto found = recipes_.find(r.place); found != recipes_.end()) r.recipe = std::move(found->second);
        for (auto& c : r.children) give(c);
    }
    /// How it was made is found beside all else: it may be encoded a few times for that.
    template <class What>
    void find_recipe(std::shared_ptr<const Item> item, const What* inside, const std::string& place) {
        aside_.add([this, item = std::move(item), inside, place] {
            // What is damaged may have none: then it can't be made again, but is taken apart as far as it goes.
            if (auto recipe = inside->recipe(cx_)) {
                std::scoped_lock lock(mutex_);
                recipes_[place] = *std::move(recipe);
            }
        });
    }

    /// How things were made takes long to find: that is begun before their neighbours are taken apart. First what is coded, of which one
    /// thread finds it.
    Result<void> look_ahead(Node& n, const std::string& place, bool coded) {
        if (!is_known(*n.format(cx_)) || begun_.size() >= kFew) return {};
        auto kept = n.kept_item(cx_);
        if (!kept) return {};
        auto& item = **kept;
        if (item.files()) {
            if (!coded) begin(*kept, place);
        } else if (item.coded()) {
            if (coded && n.extent().size <= kSmall && begun_.insert(place).second)
                aside_.add([this, item = *kept, place] { try_recipe(*item, place); });
        } else {
            auto kids = TRY(n.children(cx_));
            for (auto& c : kids)
                if (c->kind == Node::Kind::Part) TRY_VOID(look_ahead(*c, place + ".in/" + host_name(c->name), coded));
        }
        return {};
    }
    /// Of a file system, once.
    void begin(const std::shared_ptr<const Item>& item, const std::string& place) {
        if (begun_.insert(place).second) find_recipe(item, item->files(), place);
    }
    /// Whether its content is whole is not known yet: what is spent for it must not be missing there.
    void try_recipe(const Item& item, const std::string& place) {
        Context own({.decoded = std::min(cx_.limits.decoded, kTried), .memory = cx_.limits.memory}, 1, cx_.alarm);
        auto recipe = item.coded()->early_recipe(own);
        if (!recipe || !own.complete()) return;
        std::scoped_lock lock(mutex_);
        tried_[place] = *std::move(recipe);
    }

    /// A file system: its entries, their lines, and with --deep what lies in its files.
    Result<Record> files(Node& n, const Buffer& bytes, Record r, bool carved) {
        if (terms_.carve && carved) TRY_VOID(file(r.carved = r.place, bytes));
        TRY_VOID(known(n, bytes, r));
        begin(TRY(n.kept_item(cx_)), r.place);
        auto& entries = TRY(n.entries(cx_))->all();
        auto make = [&entries, name = r.name] { return mtree_file(entries, name); };
        auto lines = entries.size() > kMany ? cx_.pool.beside(make) : std::async(std::launch::deferred, make);
        auto made = TRY(write_files(n, r.place + ".in", sink_, terms_.links, terms_.deep, cx_));
        out.files += made.files;
        out.not_whole.insert(out.not_whole.end(), made.not_whole.begin(), made.not_whole.end());
        r.lines = std::move(made.lines);
        const auto mtree = lines.get();
        TRY_VOID(sink_.file(r.mtree = r.place + ".mtree", mtree));
        note(r.mtree, as_bytes(mtree));
        if (!terms_.deep) return r;
        auto kids = TRY(n.children(cx_));
        for (auto& c : kids) {
            if (c->is_shown(cx_))
                r.children.push_back(TRY(node(*c, r.place + ".deep/" + host_path(c->name), r.place + ".in/" + r.lines[c->index].host)));
            c->forget();
        }
        return r;
    }

    /// Fields, layout and recipe: all that is needed to make it again.
    Result<void> known(Node& n, const Buffer& bytes, Record& r, bool whole = true) {
        auto* it = TRY(n.item(cx_));
        std::vector<std::string> settable;
        auto text = fields_file(*it, bytes.view(), r.name, r.fields, settable);
        if (!text.empty()) {
            r.toml = r.place + ".toml";
            TRY_VOID(sink_.file(r.toml, text));
            note(r.toml, as_bytes(text));
        }
        if (!r.file.empty()) return {};
        if (auto* files = it->files()) {
            r.holds = files->holds();
            return {};
        }
        if (auto* coded = it->coded()) {
            if (!whole) return {};
            if (begun_.contains(r.place))
                asked_.emplace_back(TRY(n.kept_item(cx_)), r.place);
            else
                find_recipe(TRY(n.kept_item(cx_)), coded, r.place);
            return {};
        }
        constexpr u64 kLongest = 1 << 16;  // of bytes that are kept by value
        for (auto& p : it->layout.pieces) {
            bool follows = p.kind == Piece::Kind::Part || p.extent.size > kLongest || (p.rule && p.rule->kind == Rule::Kind::Digest);
            Record::Piece piece{p.name, p.extent.size, {}};
            auto v = bytes.view().subspan(p.extent.offset, p.extent.size);
            if (!follows) piece.value.emplace(v.begin(), v.end());
            r.layout.push_back(std::move(piece));
        }
        return {};
    }

    Result<void> file(const std::string& path, const Buffer& bytes) {
        constexpr u64 kMuch = 1 << 18;
        auto file = TRY(sink_.begin_file(path));
        const size_t number = manifest_.files.size();
        manifest_.files.push_back({path, bytes.size(), ""});
        out.files++;
        if (bytes.size() < kMuch) return write(file, bytes, manifest_.files[number].sha256);
        {
            std::scoped_lock lock(mutex_);
            if (failed_) return std::unexpected(*failed_);
        }
        aside_.add([this, file = std::make_shared<NewFile>(std::move(file)), bytes, number] {
            std::string digest;
            auto done = write(*file, bytes, digest);
            std::scoped_lock lock(mutex_);
            digests_.emplace(number, std::move(digest));
            if (!done && !failed_) failed_ = done.error();
        });
        return {};
    }
    static Result<void> write(NewFile& file, const Buffer& bytes, std::string& digest) {
        constexpr u64 kStep = 1 << 20;  // written and summed while it is at hand; pages of a mapping are given back behind it
        Result<void> done;
        digest = sha256_hex([&](const Eat& eat) {
            for (u64 at = 0; at < bytes.size() && done; at += kStep) {
                auto v = bytes.view().subspan(at, std::min(kStep, bytes.size() - at));
                eat(v);
                done = file.write(v);
                if (bytes.keeper()) bytes.keeper()->forget(v);
            }
        });
        TRY_VOID(std::move(done));
        return file.done();
    }
    void note(const std::string& path, ByteView bytes) {
        manifest_.files.push_back({path, bytes.size(), sha256_hex([&](const Eat& eat) { eat(bytes); })});
        out.files++;
    }

    FolderSink& sink_;
    Manifest& manifest_;
    const ExtractTerms& terms_;
    Context& cx_;
    std::mutex mutex_;
    static constexpr size_t kMany = 1000;         // entries, whose lines are worth a thread
    static constexpr size_t kFewRegions = 64;     // of an image that is looked ahead in
    static constexpr size_t kFew = 8;             // that are looked at ahead: what they hold of their tables is there at once
    static constexpr u64 kSmall = u64{8} << 20;   // what is coded, of which a recipe is tried: a kernel
    static constexpr u64 kTried = u64{64} << 20;  // decoded for a recipe that may not be asked for
    std::set<std::string> begun_;                 // places of what is looked at ahead
    std::vector<std::pair<std::shared_ptr<const Item>, std::string>> asked_;  // of these, what is coded and whole
    std::map<std::string, Recipe> tried_;                                     // what was found of these
    std::map<std::string, Recipe> recipes_;                                   // by place
    std::map<size_t, std::string> digests_;                                   // of files written aside, by their numbers in the manifest
    std::optional<Error> failed_;                                             // the first that could not be written there
    Aside aside_;                                                             // the last: its jobs use all the others
};

}  // namespace

Result<Extracted> extract(Node& root, Node& node, const ExtractTerms& terms, Context& cx) {
    auto sink = TRY(FolderSink::create(terms.folder));
    return extract_to(sink, root, node, terms, cx);
}

Result<Extracted> extract_to(FolderSink& sink, Node& root, Node& node, const ExtractTerms& terms, Context& cx) {
    auto image = TRY(root.bytes(cx));
    auto digest = cx.pool.beside([&] { return sha256_hex([&](const Eat& eat) { eat(image.view()); }); });
    std::future<Result<void>> original;
    if (terms.original) original = TRY(sink.clone(".fieldstrip/original", terms.image_file, image, cx.pool));
    Manifest m{.image_name = terms.image_name, .path = node.path(), .parts = terms.parts, .image_size = image.size()};
    Extractor e(sink, m, terms, cx);
    m.root = TRY(e.node(node, host_name(node.name)));
    TRY_VOID(e.finish(m.root));
    m.image_sha256 = digest.get();
    if (original.valid()) TRY_VOID(original.get());
    TRY_VOID(
        sink.file(".fieldstrip/manifest.json", [&](const Sink& out) { write_json(m, [&](std::string_view s) { out(as_bytes(s)); }, cx); }));
    TRY_VOID(sink.date(".fieldstrip/manifest.json", kManifestTime));
    if (terms.last_look) TRY_VOID(terms.last_look());
    TRY_VOID(cx.undisturbed());
    TRY_VOID(sink.commit(terms.replace));
    return std::move(e.out);
}

}  // namespace fieldstrip
