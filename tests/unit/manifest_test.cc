// The manifest comes from a folder that anybody may have written: numbers that are none are refused, and nothing is made of them.
#include "engine/manifest.h"

#include <gtest/gtest.h>

namespace fieldstrip {
namespace {

std::string some() {
    Manifest m{.image_name = "a.img", .image_sha256 = "00", .path = "/", .image_size = 31};
    m.files.push_back({"f", 32, "00"});
    Record::Line line{.entry = {.type = Entry::Type::File, .path = "x", .size = 37, .node = 38}};
    m.root = {.name = "n",
              .kind = "region",
              .format = "cpio",
              .offset = 33,
              .size = 34,

              .layout = {{"p", 36, {}}},
              .mtree = "m",
              .lines = {line}};
    std::string out;
    Context cx;
    write_json(m, [&](std::string_view s) { out += s; }, cx);
    return out;
}

TEST(Manifest, IsTheSameWhateverTheThreads) {
    Manifest m{.image_name = "a.img", .image_sha256 = "00", .path = "/", .image_size = 31};
    m.root = {.name = "n", .kind = "region", .format = "cpio", .mtree = "m"};
    for (u64 n : {0, 1, 1024, 1025, 5000}) {
        m.root.lines.clear();
        for (u64 i = 0; i < n; i++)
            m.root.lines.push_back({.entry = {.type = Entry::Type::File, .path = "x" + std::to_string(i), .size = i, .node = i}});
        m.root.children.clear();
        for (u64 i = 0; i < n / 10; i++) {
            Record child{.name = "c" + std::to_string(i), .kind = "entry", .format = "elf", .layout = {{"p", i, true, Bytes(i % 50)}}};
            child.children = {{.name = "in", .kind = "part", .format = "raw"}};
            m.root.children.push_back(std::move(child));
        }
        std::string texts[2];
        for (unsigned threads : {1u, 3u}) {
            Context cx({}, threads);
            write_json(m, [&](std::string_view s) { texts[threads / 2] += s; }, cx);
        }
        EXPECT_EQ(texts[0], texts[1]);
        auto back = parse_manifest(texts[1]);
        ASSERT_TRUE(back) << n;
        EXPECT_EQ(back->root.lines.size(), n);
        ASSERT_EQ(back->root.children.size(), n / 10);
        for (u64 i = 0; i < n / 10; i++) EXPECT_EQ(back->root.children[i].name, "c" + std::to_string(i));
    }
}

TEST(Manifest, ComesBack) {
    auto m = parse_manifest(some());
    ASSERT_TRUE(m) << m.error().message;
    EXPECT_EQ(m->image_size, 31u);
    EXPECT_EQ(m->root.layout.at(0).size, 36u);
    EXPECT_EQ(m->root.lines.at(0).entry.node, 38u);
}

TEST(Manifest, NumbersThatAreNone) {
    for (unsigned number : {31, 32, 33, 34, 36, 37, 38}) {
        auto text = some();
        auto at = text.find(": " + std::to_string(number));
        ASSERT_NE(at, text.npos) << number << " in " << text;
        for (auto none : {"-1", "1.5", "3e103", "18446744073709551616", "\"31\"", "null", "[]", "true"}) {
            auto bad = text;
            bad.replace(at + 2, 2, none);
            EXPECT_FALSE(parse_manifest(bad)) << bad;
        }
    }
    auto padding = [](std::string_view number) {  // of padding there is one byte
        auto text = some();
        return text.insert(text.find("\"format\""), "\"pad\": " + std::string(number) + ", ");
    };
    EXPECT_TRUE(parse_manifest(padding("255")));
    EXPECT_FALSE(parse_manifest(padding("256")));
}

}  // namespace
}  // namespace fieldstrip
