// Names of pieces: each is found, none stands twice, and those of odd tables get names of their own.
#include <gtest/gtest.h>

#include "model/owned.h"
#include "model/walk.h"

namespace fieldstrip {
namespace {

TEST(Names, EachPieceIsFoundByItsName) {
    Bytes bytes(100);
    Walk w(bytes, Endian::Big);
    for (auto* name : {"m", "a", "zz", "z", "b"}) w.u8(name);
    w.seek(50);  // what lies between has no name
    w.u16("behind");
    auto layout = std::move(w).done(100);
    ASSERT_TRUE(layout);
    EXPECT_EQ(8u, layout->pieces.size());
    for (auto* name : {"m", "a", "zz", "z", "b", "behind"}) {
        auto i = layout->index_of(name);
        ASSERT_TRUE(i) << name;
        EXPECT_EQ(name, layout->pieces[*i].name);
        EXPECT_EQ(&layout->pieces[*i], layout->find(name));
    }
    for (auto* name : {"", "c", "zzz", "A"}) EXPECT_FALSE(layout->index_of(name)) << name;
    EXPECT_EQ(2u, layout->index_of("zz"));
    EXPECT_EQ(6u, layout->index_of("behind"));
    EXPECT_EQ(std::pair(size_t{1}, size_t{4}), layout->indices({"a", "b"}));
    EXPECT_EQ((Extent{1, 4}), layout->extent({"a", "b"}));
}

TEST(Names, NoneStandsTwice) {
    Bytes bytes(4);
    Walk w(bytes, Endian::Big);
    w.u8("b"), w.u8("a"), w.u8("b");
    auto layout = std::move(w).done();
    ASSERT_FALSE(layout);
    EXPECT_NE(std::string::npos, layout.error().message.find("two pieces are called b")) << layout.error().message;
}

TEST(Names, PiecesMayBeNotedInAnyOrder) {
    Bytes bytes(8);
    Walk w(bytes, Endian::Little);
    w.seek(4), w.u8("later");
    w.seek(0), w.u8("first");
    auto layout = std::move(w).done(8);
    ASSERT_TRUE(layout);
    EXPECT_EQ(0u, layout->index_of("first"));
    EXPECT_EQ(2u, layout->index_of("later"));
    Walk over(bytes, Endian::Little);
    over.u32("one");
    over.seek(3), over.u8("other");
    EXPECT_FALSE(std::move(over).done(8));
}

TEST(Names, FreshOnesAreNewEachTime) {
    Fresh fresh;
    EXPECT_EQ("a", fresh("a"));
    EXPECT_EQ("a~2", fresh("a"));
    EXPECT_EQ("a~3", fresh("a~3"));
    EXPECT_EQ("a~4", fresh("a"));
    EXPECT_EQ("a~2~2", fresh("a~2"));
    EXPECT_EQ("b", fresh("b"));
}

}  // namespace
}  // namespace fieldstrip
