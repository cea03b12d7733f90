// The laws of what has entries: the tree that is wanted is the tree that is there, for any sequence of verbs.
#include <rapidcheck.h>

#include "engine/editor.h"
#include "engine/entry_edits.h"
#include "engine/entry_state.h"
#include "engine/proof.h"
#include "tests/laws/samples.h"

namespace fieldstrip::laws {
namespace {

using Type = Entry::Type;

std::vector<Sample> file_systems() {
    std::vector<Sample> out;
    for (auto& s : samples()) {
        Context cx;
        auto root = open_image(Buffer::own(s.bytes()));
        auto kids = root->children(cx);
        if (kids && !kids->empty() && (*kids)[0]->entries(cx).value_or(nullptr)) out.push_back(s);
    }
    return out;
}

/// An entry as a reader sees it: what a plain model of a tree says of it.
struct Seen {
    Type type;
    u32 mode = 0, uid = 0, gid = 0, major = 0, minor = 0;
    i64 mtime = 0;
    std::string target;
    std::string content;
    bool operator==(const Seen&) const = default;
};
std::ostream& operator<<(std::ostream& o, const Seen& s) {
    return o << name_of(s.type) << ' ' << std::oct << s.mode << std::dec << ' ' << s.uid << ':' << s.gid << ' ' << s.mtime << ' ' << s.major
             << ',' << s.minor << " -> '" << s.target << "' of " << s.content.size() << " bytes";
}

struct Open {
    Context cx;
    std::unique_ptr<Node> root;
    Node* files = nullptr;
    explicit Open(Bytes bytes) : root(open_image(Buffer::own(std::move(bytes)))) {
        auto kids = root->children(cx);
        if (kids && !kids->empty()) files = (*kids)[0].get();
    }
    const std::vector<Entry>& entries() { return (*files->entries(cx))->all(); }
    Holds holds() { return (*files->item(cx))->files()->holds(); }
    std::string content(const Entry& e) {
        std::string out;
        auto state = state_of(*files, e, false, cx, [&](ByteView v) { return out.append(as_text(v)), true; });
        return state.state == EntryState::Intact ? out : "damaged: " + state.why;
    }
};

/// A tree as a map, with the verbs in their simplest form; links share a file by pointer.
struct Model {
    std::map<std::string, std::shared_ptr<Seen>> tree;
    Holds holds;

    explicit Model(Open& o) : holds(o.holds()) {
        std::map<u64, std::shared_ptr<Seen>> files;
        for (auto& e : o.entries()) {
            Seen s{e.type, e.mode.value_or(0), e.uid.value_or(0), e.gid.value_or(0), e.major, e.minor, e.mtime.value_or(0), e.target, {}};
            if (!e.is_file()) {
                tree[e.path] = std::make_shared<Seen>(s);
                continue;
            }
            auto& one = files[e.node];
            if (!one) {
                s.content = o.content(e);
                one = std::make_shared<Seen>(s);
            }
            tree[e.path] = one;
        }
    }

    bool is_folder(const std::string& p) const {
        if (p.empty()) return true;
        auto e = tree.find(p);
        if (e != tree.end()) return e->second->type == Type::Directory;
        auto below = tree.lower_bound(p + '/');
        return below != tree.end() && below->first.starts_with(p + '/');
    }
    static bool are_names(const std::string& p) {
        for (size_t from = 0; from <= p.size();) {
            auto name = p.substr(from, p.find('/', from) - from);
            if (name.empty() || name == "." || name == "..") return false;
            from += name.size() + 1;
        }
        return true;
    }
    bool is_free(const std::string& p) const { return are_names(p) && !tree.contains(p) && !is_folder(p) && is_folder(parent_path(p)); }
    bool executes(Type t) const { return holds.executable && (t == Type::File || t == Type::Directory); }
    void held(Seen& s) const {
        if (!holds.mode) s.mode = !executes(s.type) ? 0 : s.mode & 0111 ? 0755 : 0644;
        if (!holds.owner) s.uid = s.gid = 0;
        if (!holds.mtime) s.mtime = 0;
    }

    bool put(const std::string& p, const std::string& data) {
        auto e = tree.find(p);
        if (e == tree.end() || e->second->type != Type::File) return false;
        e->second->content = data;
        return true;
    }
    bool make(const std::string& p, Seen s) {
        if (!is_free(p)) return false;
        held(s);
        tree[p] = std::make_shared<Seen>(s);
        return true;
    }
    bool link(const std::string& p, const std::string& to) {
        auto e = tree.find(to);
        if (!is_free(p) || e == tree.end() || e->second->type != Type::File || !holds.links) return false;
        tree[p] = e->second;
        return true;
    }
    std::vector<std::string> under(const std::string& p) const {
        std::vector<std::string> out;
        for (auto& [path, e] : tree)
            if (!p.empty() && is_under(path, p)) out.push_back(path);
        return out;
    }
    bool remove(const std::string& p) {
        auto gone = under(p);
        for (auto& path : gone) tree.erase(path);
        return !gone.empty();
    }
    bool rename(const std::string& p, const std::string& to) {
        auto moved = under(p);
        if (moved.empty() || is_under(to, p) || !is_free(to)) return false;
        for (auto& path : moved) {
            auto e = tree.extract(path);
            e.key() = to + path.substr(p.size());
            tree.insert(std::move(e));
        }
        return true;
    }
};

/// One verb with what it is about: numbers that pick from what is there.
struct Verb {
    int kind;
    unsigned a, b, c;
    std::string data;
};
std::ostream& operator<<(std::ostream& o, const Verb& v) {
    return o << v.kind << '/' << v.a << '/' << v.b << '/' << v.c << '/' << v.data.size();
}

/// Does a verb both ways; false where one of them refuses: then both must, and nothing was done.
class Twice {
  public:
    Twice(Open& o, Model& m) : open_(o), model_(m) {}
    Changes changes;
    std::vector<std::string> said;

    void operator()(const Verb& v) {
        std::vector<std::string> paths;
        for (auto& [p, e] : model_.tree) paths.push_back(p);
        auto path = paths.empty() ? std::string() : paths[v.a % paths.size()];
        auto folder = path;
        while (!model_.is_folder(folder)) folder = parent_path(folder);
        auto fresh = (folder.empty() ? "" : folder + '/') + "n" + std::to_string(v.b % 5);
        auto other = paths.empty() ? std::string() : paths[v.c % paths.size()];
        auto into = other.empty() ? "m" : other + "/m";
        auto top = open_.files->path() + '/';
        auto* at = model_.tree.contains(path) ? model_.tree.at(path).get() : nullptr;
        auto& h = model_.holds;
        auto* up = model_.tree.contains(folder) ? model_.tree.at(folder).get() : nullptr;
        Seen blank{.type = Type::File, .mtime = up ? up->mtime : 0};
        switch (v.kind) {
            case 0:
                return path.empty()
                           ? void()
                           : both(
                                 "replace " + path, [&] { return replace(*open_.root, top + path, rope(v.data), changes, open_.cx); },
                                 model_.put(path, v.data));
            case 1: {  // as the folder adds a file
                Entry e{.type = Type::File, .path = fresh, .mode = 0644, .uid = 0, .gid = 0, .mtime = 1234567890};
                auto add = [&]() -> Result<void> { return TRY(tree_of(*open_.files, changes, open_.cx))->make(e, rope(v.data)); };
                return both("add " + fresh, add,
                            model_.make(fresh, {.type = Type::File, .mode = 0644, .mtime = 1234567890, .content = v.data}));
            }
            case 2: blank.type = Type::Directory, blank.mode = 0755; return both(verb("mkdir", {top + fresh}), model_.make(fresh, blank));
            case 3:
                blank.type = Type::Symlink, blank.mode = 0777, blank.target = "../" + path + "x";
                return both(verb("symlink", {top + fresh, blank.target}), model_.make(fresh, blank));
            case 4: return both(verb("link", {top + fresh, top + other}), model_.link(fresh, other));
            case 5:
                blank.type = v.c % 2 ? Type::CharDevice : Type::BlockDevice, blank.mode = 0600, blank.major = v.b % 200,
                blank.minor = v.c % 200;
                return both(verb("mknod", {top + fresh, v.c % 2 ? "c" : "b", std::to_string(v.b % 200), std::to_string(v.c % 200)}),
                            model_.make(fresh, blank));
            case 6: return path.empty() ? void() : both(verb("remove", {top + path}), model_.remove(path));
            case 7: return path.empty() ? void() : both(verb("rename", {top + path, top + into}), model_.rename(path, into));
            case 8: return path.empty() ? void() : both(verb("rename", {top + path, top + fresh}), model_.rename(path, fresh));
            case 9: {
                if (!at || path.empty()) return;
                u32 mode = h.executable && v.c % 2 ? (v.b % 2 ? 0755 : 0644) : v.b & 07777;
                bool may = h.mode || (model_.executes(at->type) && (mode == 0755 || mode == 0644));
                if (may) at->mode = mode;
                return both(verb("chmod", {top + path, octal(mode)}), may);
            }
            case 10: {
                if (!at || path.empty()) return;
                auto now = std::pair(v.b % 60000, v.c % 200);
                bool differs = std::pair(at->uid, at->gid) != now, may = !differs || h.owner;
                if (may) at->uid = now.first, at->gid = now.second;
                return both(verb("chown", {top + path, std::to_string(now.first) + ':' + std::to_string(now.second)}), may);
            }
            default:
                return !at || path.empty() ? void()
                                           : both(verb("touch", {top + path, std::to_string(1000000000 + v.b)}),
                                                  changed(at, at->mtime, i64(1000000000 + v.b), h.mtime));
        }
    }

  private:
    static std::string octal(unsigned mode) {
        char text[16];
        std::snprintf(text, sizeof text, "%04o", mode);
        return text;
    }
    static Rope rope(const std::string& s) {
        Rope r;
        r.fresh(Bytes(s.begin(), s.end()));
        return r;
    }
    template <class T, class U>
    static bool changed(Seen*, T& now, U wanted, bool may) {
        if (!may && now != T(wanted)) return false;
        now = T(wanted);
        return true;
    }
    using Do = std::function<Result<void>()>;
    std::pair<std::string, Do> verb(const std::string& name, std::vector<std::string> words) {
        std::string shown = name;
        for (auto& w : words) shown += ' ' + w;
        return {shown, [this, name, words] { return edit_entry(*open_.root, name, words, changes, open_.cx); }};
    }
    void both(const std::pair<std::string, Do>& v, bool model) { both(v.first, v.second, model); }
    void both(const std::string& what, const Do& act, bool model) {
        auto done = act();
        said.push_back(what + (done ? "" : ": " + done.error().message));
        RC_LOG() << said.back() << '\n';
        RC_ASSERT(done.has_value() == model);
    }
    Open& open_;
    Model& model_;
};

rc::Gen<std::vector<Verb>> verbs() {
    auto data = rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 9000), rc::gen::arbitrary<char>()), [](const std::pair<int, char>& p) {
        std::string s;
        for (int i = 0; i < p.first; i++) s += char(p.second + i % 7 + i / 300);
        return s;
    });
    auto number = rc::gen::inRange(0u, 1000000u);
    return rc::gen::container<std::vector<Verb>>(
        rc::gen::map(rc::gen::tuple(rc::gen::inRange(0, 12), number, number, number, data),
                     [](const auto& t) { return Verb{std::get<0>(t), std::get<1>(t), std::get<2>(t), std::get<3>(t), std::get<4>(t)}; }));
}

class FilesLaw : public testing::TestWithParam<Sample> {
  protected:
    Bytes bytes = GetParam().bytes();
    Open open{bytes};
    bool twice_named() {
        std::map<std::string, int> paths;
        for (auto& e : open.entries())
            if (++paths[e.path] > 1) return true;
        return false;
    }
    std::vector<Wanted> unchanged() {
        std::vector<Wanted> out;
        for (size_t i = 0; i < open.entries().size(); i++) out.push_back({open.entries()[i], i, {}});
        return out;
    }
    const FileSystem& files() { return *(*open.files->item(open.cx))->files(); }
};

TEST_P(FilesLaw, UnchangedIsCopied) {
    auto made = files().rewrite(unchanged(), {}, open.cx);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    EXPECT_TRUE(equal(made->joined().view(), open.files->bytes(open.cx)->view()));
    for (auto& r : made->runs()) EXPECT_EQ(r.kind, Rope::Run::Kind::Copied) << "of " << r.size << " bytes at " << r.at;
}

/// Entries are numbered anew: what a handle is must not matter. ExtractAndRepackIsIdentical holds the exceptions against the guide.
TEST_P(FilesLaw, BuiltFromEntriesAlone) {
    auto* format = open.files->format(open.cx);
    ASSERT_TRUE(format->build);
    auto recipe = files().recipe(open.cx);
    ASSERT_TRUE(recipe.has_value());
    std::map<u64, u64> nodes;
    std::vector<Wanted> wanted;
    for (auto& e : open.entries()) {
        Wanted w{e, {}, {}};
        w.entry.node = e.is_file() ? nodes.try_emplace(e.node, nodes.size() + 1).first->second : 0;
        if (e.is_file()) {
            auto content = open.content(e);
            w.content.emplace().fresh(Bytes(content.begin(), content.end()));
        }
        wanted.push_back(std::move(w));
    }
    auto made = format->build(*recipe, wanted, open.cx);
    auto guide_path = GetParam().path.parent_path().parent_path() / (GetParam().format + ".md");
    auto guide = Sample::read(guide_path);
    if (std::string(guide.begin(), guide.end()).find("- not remade: " + GetParam().name) != std::string::npos) return;
    ASSERT_TRUE(made.has_value()) << made.error().message;
    EXPECT_TRUE(equal(made->joined().view(), open.files->bytes(open.cx)->view()));
}

/// Content replaced and put back, one added and removed: the same bytes again; of a log the same entries.
TEST_P(FilesLaw, EditAndInverse) {
    auto apply = [&](const Bytes& image, const std::function<Result<void>(WantedTree&)>& step) -> Result<Bytes> {
        Open o(image);
        Changes changes;
        TRY_VOID(step(*TRY(tree_of(*o.files, changes, o.cx))));
        Plan plan;
        auto rope = TRY(rebuild(*o.root, changes, {.resize = true}, plan, o.cx)).joined();
        auto after = open_image(rope);
        TRY_VOID(prove(*o.root, *after, changes, plan, false, o.cx));
        return Bytes(rope.view().begin(), rope.view().end());
    };
    auto there_and_back = [&](const std::string& what, auto there, auto back) {
        SCOPED_TRACE(what);
        auto now = apply(bytes, there);
        ASSERT_TRUE(now.has_value()) << now.error().message;
        EXPECT_NE(*now, bytes);
        auto again = apply(*now, back);
        ASSERT_TRUE(again.has_value()) << again.error().message;
        if (!open.holds().history) {
            EXPECT_EQ(*again, bytes);
            return;
        }
        Open then(*again);
        ASSERT_NE(then.files, nullptr);
        Model was(open), is(then);
        ASSERT_EQ(was.tree.size(), is.tree.size());
        for (auto& [path, e] : was.tree) {
            ASSERT_TRUE(is.tree.contains(path)) << path;
            EXPECT_EQ(*is.tree.at(path), *e) << path;
        }
    };
    auto rope = [](const std::string& s) {
        Rope r;
        r.fresh(Bytes(s.begin(), s.end()));
        return r;
    };
    there_and_back(
        "add and remove", [&](WantedTree& t) { return t.make({.type = Type::File, .path = "zz", .mode = 0644}, rope("new")); },
        [](WantedTree& t) { return t.remove("zz"); });
    for (auto& e : open.entries()) {
        if (twice_named()) break;
        if (e.is_file() && e.size) {
            auto content = open.content(e);
            there_and_back(
                "replace " + e.path, [&](WantedTree& t) { return t.put(e.path, rope(content + "!")); },
                [&](WantedTree& t) { return t.put(e.path, rope(content)); });
        }
        if (open.holds().mode && !e.path.empty() && e.mode) {
            auto now = e;
            now.mode = *e.mode ^ 04001;
            there_and_back(
                "chmod " + e.path, [&](WantedTree& t) { return t.set(e.path, now); }, [&](WantedTree& t) { return t.set(e.path, e); });
        }
    }
}

TEST_P(FilesLaw, RandomVerbsAgreeWithAPlainModel) {
    if (twice_named()) GTEST_SKIP() << "a path stands twice: no plain model";
    EXPECT_TRUE(rc::check([&] {
        auto steps = *verbs();
        Open o(bytes);
        Model model(o);
        Twice twice(o, model);
        for (auto& v : steps) twice(v);
        Plan plan;
        auto rope = rebuild(*o.root, twice.changes, {.resize = true}, plan, o.cx);
        if (!rope) {
            RC_LOG() << rope.error().message << '\n';
            RC_ASSERT(rope.error().kind == Error::Kind::Unsupported);
            RC_DISCARD("this format can't hold it");
        }
        auto made = rope->joined();
        auto after = open_image(made);
        auto proven = prove(*o.root, *after, twice.changes, plan, false, o.cx);
        if (!proven) RC_LOG() << proven.error().message << '\n';
        RC_ASSERT(proven.has_value());
        Open now(Bytes(made.view().begin(), made.view().end()));
        RC_ASSERT(now.files != nullptr);
        Model got(now);
        for (auto& [path, e] : model.tree) {
            RC_LOG() << path << '\n';
            RC_ASSERT(got.tree.contains(path));
            RC_ASSERT(*got.tree.at(path) == *e);
            if (model.holds.links && e->type == Type::File)
                for (auto& [other, twin] : model.tree)
                    if (twin == e) RC_ASSERT(got.tree.at(other) == got.tree.at(path));
        }
        RC_ASSERT(got.tree.size() == model.tree.size());
    }));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FilesLaw);
INSTANTIATE_TEST_SUITE_P(Samples, FilesLaw, testing::ValuesIn(file_systems()), [](auto& p) {
    std::string name = p.param.format + "_" + p.param.name;
    std::replace_if(name.begin(), name.end(), [](char c) { return !std::isalnum(u8(c)); }, '_');
    return name;
});

}  // namespace
}  // namespace fieldstrip::laws
