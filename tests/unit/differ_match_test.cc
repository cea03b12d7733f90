// Which entry of one file system is which of the other: every entry has one place in the answer, and names that only got another version
// are one.
#include <gtest/gtest.h>

#include <random>

#include "look/entry_match.h"

namespace fieldstrip {
namespace {

struct File {
    std::string path, content;
};

EntryList list_of(const std::vector<File>& files) {
    std::vector<Entry> out;
    for (auto& f : files) {
        Entry e;
        e.path = f.path, e.size = f.content.size(), e.node = out.size();
        if (f.path.ends_with('/')) e.type = Entry::Type::Directory, e.path.pop_back();
        out.push_back(std::move(e));
    }
    return EntryList(std::move(out));
}

struct Matched {
    std::vector<std::string> lines;  // "a → b", "- a", "+ b", "a > b" of moved ones
    EntryMatch match;
};
Matched match(const std::vector<File>& a, const std::vector<File>& b) {
    auto x = list_of(a), y = list_of(b);
    auto digest = [&](bool second, size_t i) { return std::optional((second ? b : a)[i].content); };
    Matched out{{}, match_entries(x, y, digest)};
    std::vector<int> seen_a(a.size()), seen_b(b.size());
    for (auto& p : out.match.pairs) {
        if (p.a) seen_a[*p.a]++;
        if (p.b) seen_b[*p.b]++;
        const std::string from = p.a ? x.all()[*p.a].path : "", to = p.b ? y.all()[*p.b].path : "";
        if (!p.a) out.lines.push_back("+ " + to);
        if (!p.b) out.lines.push_back("- " + from);
        if (p.a && p.b && (p.moved || from != to)) out.lines.push_back(from + (p.moved ? " > " : " → ") + to);
    }
    for (size_t i = 0; i < a.size(); i++) EXPECT_EQ(seen_a[i], x.find(x.all()[i].path) == i) << a[i].path;
    for (size_t i = 0; i < b.size(); i++) EXPECT_EQ(seen_b[i], y.find(y.all()[i].path) == i) << b[i].path;
    return out;
}
using Lines = std::vector<std::string>;

TEST(EntryMatch, Versions) {
    EXPECT_EQ(without_version("vmlinuz-6.1.0-53-amd64"), "vmlinuz-#-amd64");
    EXPECT_EQ(without_version("6.1.0-53-amd64"), without_version("6.1.0-9-amd64"));
    EXPECT_EQ(without_version("libc.so.6"), "libc.so.#");
    EXPECT_EQ(without_version("openssl-1.1.1k"), without_version("openssl-1.1.1w"));
    EXPECT_EQ(without_version("file2.txt"), "");
    EXPECT_EQ(without_version(""), "");
    EXPECT_EQ(without_version("1."), "");
}

TEST(EntryMatch, AddedRemovedMoved) {
    EXPECT_EQ(match({{"a", "1"}, {"b", "2"}}, {{"a", "x"}, {"c", "3"}}).lines, (Lines{"- b", "+ c"}));
    EXPECT_EQ(match({{"etc/", ""}, {"etc/old", "the content"}}, {{"etc/", ""}, {"new", "the content"}}).lines, (Lines{"etc/old > new"}));
    // Empty files are alike and say nothing.
    EXPECT_EQ(match({{"old", ""}}, {{"new", ""}}).lines, (Lines{"+ new", "- old"}));
    // Of several with that content each has one place.
    EXPECT_EQ(match({{"a", "same"}, {"b", "same"}}, {{"c", "same"}}).lines.size(), 2u);
}

TEST(EntryMatch, FoldersWithAnotherVersion) {
    std::vector<File> a{{"lib/", ""}, {"lib/modules/", ""}, {"lib/modules/6.1.0-53-amd64/", ""}},
        b{{"lib/", ""}, {"lib/modules/", ""}, {"lib/modules/6.1.0-56-amd64/", ""}};
    for (int i = 0; i < 100; i++) {
        a.push_back({"lib/modules/6.1.0-53-amd64/m" + std::to_string(i) + ".ko", "old"});
        if (i) b.push_back({"lib/modules/6.1.0-56-amd64/m" + std::to_string(i) + ".ko", "new"});
    }
    b.push_back({"lib/modules/6.1.0-56-amd64/fresh.ko", "x"});
    auto m = match(a, b);
    EXPECT_EQ(m.match.folders.size(), 1u);
    EXPECT_EQ(m.match.folders[0].b, "lib/modules/6.1.0-56-amd64");
    size_t added = 0, removed = 0, moved = 0;
    for (auto& l : m.lines) added += l.starts_with("+ "), removed += l.starts_with("- "), moved += l.find(" > ") != l.npos;
    EXPECT_EQ(std::tie(added, removed, moved), std::make_tuple(1u, 1u, 1u));
}

TEST(EntryMatch, UnlikeFoldersAreTwo) {
    auto m = match({{"doc/zlib/", ""}, {"doc/zlib/copyright", "zlib"}}, {{"doc/xz/", ""}, {"doc/xz/copyright", "xz"}});
    ASSERT_EQ(m.match.folders.size(), 2u);
    EXPECT_TRUE(m.match.folders[0].a.empty() != m.match.folders[1].a.empty());
}

TEST(EntryMatch, AnythingHasOnePlace) {
    std::mt19937 any(7);
    const std::string names[] = {"a", "b", "lib-1.2", "lib-1.3", "x.so.1", "x.so.2", "", "..", "a/b"};
    for (int round = 0; round < 3000; round++) {
        auto some = [&] {
            std::vector<File> out(any() % 12);
            for (auto& f : out) {
                for (unsigned n = 1 + any() % 3; n--;) f.path += (f.path.empty() ? "" : "/") + names[any() % std::size(names)];
                f.content = std::string(any() % 3, 'c');
            }
            return out;
        };
        auto a = some(), b = some();
        (void)match(a, b);
    }
}

TEST(EntryMatch, ManyFoldersAreNoTrap) {
    std::vector<File> a, b;
    for (int i = 0; i < 20000; i++)
        a.push_back({"old" + std::to_string(i) + "/f", "x"}), b.push_back({"new" + std::to_string(i) + "/f", "y"});
    EXPECT_EQ(match(a, b).lines.size(), 40000u);
}

}  // namespace
}  // namespace fieldstrip
