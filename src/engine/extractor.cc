#include "engine/extractor.h"

#include "base/digest.h"
#include "engine/extract_files.h"
#include "engine/fields_file.h"
#include "engine/mtree.h"
#include "engine/names.h"
#include "engine/read_ahead.h"
#include "engine/recipes.h"
#include "model/in_order.h"

namespace fieldstrip {
namespace {

class Extractor {
  public:
    /// `image`: of which the whole is a copy.
    Extractor(FolderSink& sink, SummedCopy& image, Manifest& manifest, const ExtractTerms& terms, Context& cx)
        : sink_(sink), manifest_(manifest), terms_(terms), cx_(cx), aside_(cx.pool, ahead_budget(cx)) {
        aside_.add_steps([&] { return image.step(); });
    }

    Extracted out;

    /// `written`: the file that its file system wrote for it. `in_file`: its bytes lie in one that was written for what it lies in.
    Result<Record> node(Node& n, const std::string& place, bool in_file = false, const std::string& written = "") {
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
        in_file = in_file || !written.empty() || !r.file.empty();
        if (is_known(*f)) TRY_VOID(known(n, bytes, r, in_file, whole));
        if (!kids.empty() && !root) TRY_VOID(sink_.folder(place + ".in"));
        auto place_of = [&](const Node& kid) { return (root ? "" : place + ".in/") + host_name(kid.name); };
        if (root && kids.size() <= kFewRegions) {
            for (bool coded : {true, false})
                for (auto& c : kids) TRY_VOID(look_ahead(*c, place_of(*c), coded));
            read_early(kids);
        }
        for (auto& c : kids) {
            r.children.push_back(TRY(node(*c, place_of(*c), in_file && c->kind != Content)));
            if (c.get() == early_node_) early_->finish();
            c->forget();
        }
        return r;
    }

    /// Waits for what is still looked for and written, and gives it to the records.
    Result<void> finish(Record& r) {
        recipes_.finish();
        if (failed_) return std::unexpected(*failed_);
        for (auto& [number, digest] : digests_) manifest_.files[number].sha256 = digest;
        give(r);
        return {};
    }

  private:
    /// What is in memory as long as a node's bytes are needed: the content or file that they are part of. The image is not.
    static u64 held_by(const Node& n) {
        auto* whole = &n;
        while (whole->parent && (whole->kind == Node::Kind::Region || whole->kind == Node::Kind::Part)) whole = whole->parent;
        return whole->parent ? whole->extent().size : 0;
    }
    void give(Record& r) {
        if (auto found = recipes_.take(r.place)) r.recipe = *std::move(found);
        for (auto& c : r.children) give(c);
    }

    /// One thread has to decode a kernel: another reads files of the first file system behind it.
    void read_early(std::span<const std::unique_ptr<Node>> kids) {
        for (auto& c : kids.subspan(std::min<size_t>(1, kids.size()))) {
            if (!is_known(*c->format(cx_))) continue;
            auto item = c->kept_item(cx_);
            if (!item || !(*item)->files()) continue;
            auto list = c->entries(cx_);
            if (!list || cx_.pool.threads() == 1) return;
            early_node_ = c.get();
            early_ = std::make_shared<EarlyFiles>(*item, **list, most_ahead(cx_), ahead_budget(cx_) / 2, cx_);
            return aside_.add([early = early_] { early->run(); }, 0);  // it has a budget of its own
        }
    }

    /// How things were made takes long to find: that is begun before their neighbours are taken apart. First what is coded, of which one
    /// thread finds it.
    Result<void> look_ahead(Node& n, const std::string& place, bool coded) {
        if (!is_known(*n.format(cx_)) || ahead_ >= kFew) return {};
        auto kept = n.kept_item(cx_);
        if (!kept) return {};
        auto& item = **kept;
        if (item.files()) {
            if (!coded) ahead_++, recipes_.begin(*kept, place, held_by(n), Aside::Turn::First);
        } else if (item.coded()) {
            if (coded && n.extent().size <= kSmall) ahead_++, recipes_.expect(*kept, place, 0, Aside::Turn::First);
        } else {
            auto kids = TRY(n.children(cx_));
            for (auto& c : kids)
                if (c->kind == Node::Kind::Part) TRY_VOID(look_ahead(*c, place + ".in/" + host_name(c->name), coded));
        }
        return {};
    }

    /// A file system: its entries, their lines, and with --deep what lies in its files.
    Result<Record> files(Node& n, const Buffer& bytes, Record r, bool carved) {
        if (terms_.carve && carved) TRY_VOID(file(r.carved = r.place, bytes));
        TRY_VOID(known(n, bytes, r, false));
        recipes_.begin(TRY(n.kept_item(cx_)), r.place, held_by(n));
        auto& entries = TRY(n.entries(cx_))->all();
        auto make = [&entries, name = r.name] { return mtree_file(entries, name); };
        auto lines = entries.size() > kMany ? cx_.pool.beside(make) : std::async(std::launch::deferred, make);
        auto* early = &n == early_node_ ? early_.get() : nullptr;
        if (early) early->end();
        auto made = TRY(write_files(n, r.place + ".in", sink_, terms_.links, terms_.deep, early, cx_));
        out.files += made.files;
        out.not_whole.insert(out.not_whole.end(), made.not_whole.begin(), made.not_whole.end());
        r.lines = std::move(made.lines);
        const auto mtree = lines.get();
        TRY_VOID(sink_.file(r.mtree = r.place + ".mtree", mtree));
        note(r.mtree, as_bytes(mtree));
        if (!terms_.deep) return r;
        auto kids = TRY(n.children(cx_));
        auto place_of = [&](const Node& kid) { return r.place + ".deep/" + host_path(kid.name); };
        for (auto& c : kids)
            if (c->has_bytes() && c->format(cx_)->make)
                if (auto kept = c->kept_item(cx_); kept && (*kept)->coded()) recipes_.expect(*kept, place_of(*c), c->extent().size);
        for (auto& c : kids) {
            if (c->is_shown(cx_)) r.children.push_back(TRY(node(*c, place_of(*c), false, r.place + ".in/" + r.lines[c->index].host)));
            c->forget();
        }
        return r;
    }

    /// Fields, layout and recipe: all that is needed to make it again.
    Result<void> known(Node& n, const Buffer& bytes, Record& r, bool in_file, bool whole = true) {
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
        if (it->coded()) {
            if (whole) recipes_.ask(TRY(n.kept_item(cx_)), r.place, held_by(n));
            return {};
        }
        constexpr u64 kLongest = 1 << 16;  // of bytes that are kept by value
        for (auto& p : it->layout.pieces) {
            bool follows = p.kind == Piece::Kind::Part || p.extent.size > kLongest || (p.rule && p.rule->kind == Rule::Kind::Digest);
            auto v = bytes.view().subspan(p.extent.offset, p.extent.size);
            // Those of known bytes that stand side by side are one there: a program has hundreds.
            const bool joins = !follows && !r.layout.empty() && r.layout.back().kept;
            if (!joins) r.layout.push_back({p.name, 0, !follows, follows || in_file ? std::nullopt : std::optional<Bytes>(std::in_place)});
            auto& piece = r.layout.back();
            piece.size += p.extent.size;
            if (piece.value) piece.value->insert(piece.value->end(), v.begin(), v.end());
        }
        return {};
    }

    Result<void> file(const std::string& path, const Buffer& bytes) {
        constexpr u64 kMuch = 1 << 18;
        auto file = TRY(sink_.begin_file(path));
        const size_t number = manifest_.files.size();
        manifest_.files.push_back({path, bytes.size(), ""});
        out.files++;
        SummedCopy copy(bytes, std::move(file), true);
        if (bytes.size() < kMuch) {
            manifest_.files[number].sha256 = TRY(whole(copy));
            return {};
        }
        {
            std::scoped_lock lock(mutex_);
            if (failed_) return std::unexpected(*failed_);
        }
        auto job = [this, copy = std::make_shared<SummedCopy>(std::move(copy)), number] {
            auto digest = whole(*copy);
            std::scoped_lock lock(mutex_);
            if (digest)
                digests_.emplace(number, *std::move(digest));
            else if (!failed_)
                failed_ = digest.error();
        };
        aside_.add(std::move(job), bytes.size());
        return {};
    }
    static Result<std::string> whole(SummedCopy& copy) {
        while (copy.step()) {}
        return copy.digest();
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
    static constexpr size_t kMany = 1000;        // entries, whose lines are worth a thread
    static constexpr size_t kFewRegions = 64;    // of an image that is looked ahead in
    static constexpr size_t kFew = 8;            // that are looked at ahead: what they hold of their tables is there at once
    static constexpr u64 kSmall = u64{8} << 20;  // what is coded, of which a recipe is tried: a kernel
    size_t ahead_ = 0;                           // of these, so far
    std::map<size_t, std::string> digests_;      // of files written aside, by their numbers in the manifest
    std::optional<Error> failed_;                // the first that could not be written there
    const Node* early_node_ = nullptr;           // whose files are read early
    std::shared_ptr<EarlyFiles> early_;
    RecipeFinder recipes_{aside_, cx_};
    Aside aside_;  // the last: its jobs use all the others
};

}  // namespace

Result<Extracted> extract(Node& root, Node& node, const ExtractTerms& terms, Context& cx) {
    auto sink = TRY(FolderSink::create(terms.folder));
    return extract_to(sink, root, node, terms, cx);
}

Result<Extracted> extract_to(FolderSink& sink, Node& root, Node& node, const ExtractTerms& terms, Context& cx) {
    auto image = TRY(root.bytes(cx));
    auto copy = terms.original ? TRY(sink.clone(".fieldstrip/original", terms.image_file, image)) : SummedCopy(image, {});
    Manifest m{.image_name = terms.image_name, .path = node.path(), .parts = terms.parts, .image_size = image.size()};
    Extractor e(sink, copy, m, terms, cx);
    m.root = TRY(e.node(node, host_name(node.name)));
    TRY_VOID(e.finish(m.root));
    m.image_sha256 = TRY(copy.digest());
    TRY_VOID(
        sink.file(".fieldstrip/manifest.json", [&](const Sink& out) { write_json(m, [&](std::string_view s) { out(as_bytes(s)); }, cx); }));
    TRY_VOID(sink.date(".fieldstrip/manifest.json", kManifestTime));
    if (terms.last_look) TRY_VOID(terms.last_look());
    TRY_VOID(cx.undisturbed());
    TRY_VOID(sink.commit(terms.replace));
    return std::move(e.out);
}

}  // namespace fieldstrip
