// Files that are read before their turn are as if they were read at their turn.
#include "engine/early_files.h"

#include <gtest/gtest.h>

namespace fieldstrip {
namespace {

/// Files whose bytes are all their node's number; each read costs twice its size. One node is damaged.
class Files final : public FileSystem {
  public:
    mutable std::atomic<int> reads = 0;
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<std::vector<Entry>> entries(Context&) const override { return std::vector<Entry>(); }
    Result<Lost> read(const Entry& e, const Sink& sink, const CheckSink&, Context& cx) const override {
        reads++;
        TRY_VOID(cx.spend(&Limits::decoded, 2 * e.size));
        if (e.node == 7) throw std::bad_alloc();
        if (e.node == 3) return fail(Error::Kind::Damaged, "it is damaged");
        sink(Bytes(e.size, u8(e.node)));
        return Lost{};
    }
    Result<Recipe> recipe(Context&) const override { return Recipe(); }
    Result<Rope> rewrite(std::span<const Wanted>, const Terms&, Context&) const override { return Rope(); }
};

constexpr u64 kSize = 1000;

struct Setting {
    std::shared_ptr<Item> item = std::make_shared<Item>();
    Files* files;
    EntryList list;
    explicit Setting(u64 large = kSize) : files(new Files), list(all(large)) { item->inside.reset(files); }
    static std::vector<Entry> all(u64 large) {
        std::vector<Entry> out;
        for (u64 node : {1, 2, 3, 2, 4, 5})  // the fourth is a link of the second
            out.push_back({.path = "file" + std::to_string(out.size()), .size = node == 4 ? large : kSize, .node = node});
        out.push_back({.type = Entry::Type::Directory, .path = "folder", .node = 6});
        return out;
    }
};

TEST(EarlyFiles, WhatIsReadEarlyIsWhatIsRead) {
    Setting s;
    Context cx, other;
    EarlyFiles early(s.item, s.list, kSize, 100 * kSize, cx);
    early.run();
    EXPECT_EQ(s.files->reads, 5);
    for (size_t i : {0, 1, 2, 4, 5}) {
        auto file = early.take(i);
        ASSERT_TRUE(file) << i;
        auto read = read_whole(*s.item, s.list.all()[i], true, other);
        EXPECT_EQ(file->state.state, i == 2 ? EntryState::Gone : EntryState::Intact);
        EXPECT_EQ(file->state.state, read.state.state);
        EXPECT_EQ(file->state.sha256, read.state.sha256);
        EXPECT_EQ(file->state.why, read.state.why);
        EXPECT_TRUE(equal(file->bytes.view(), read.bytes.view()));
        EXPECT_FALSE(early.take(i)) << "it is given once";
    }
    EXPECT_EQ(cx.progress.done, other.progress.done) << "and costs as much";
    EXPECT_FALSE(early.take(3)) << "a link is not read";
    EXPECT_FALSE(early.take(6));
}

TEST(EarlyFiles, NoMoreIsHeldThanMayBe) {
    Setting s(4 * kSize);
    Context cx;
    EarlyFiles early(s.item, s.list, 2 * kSize, 2 * (kSize + EarlyFiles::kEach), cx);
    early.run();
    EXPECT_TRUE(early.take(0));
    EXPECT_TRUE(early.take(1));
    EXPECT_FALSE(early.take(2)) << "beyond the budget";
    EXPECT_FALSE(early.take(4));
}

TEST(EarlyFiles, WhatIsLargeIsLeftToItsTurn) {
    Setting s(4 * kSize);
    Context cx;
    EarlyFiles early(s.item, s.list, 2 * kSize, 100 * kSize, cx);
    early.run();
    EXPECT_FALSE(early.take(4));
    EXPECT_TRUE(early.take(5));
}

TEST(EarlyFiles, ALimitEndsWorkWhereItWouldHave) {
    Setting s;
    Context cx({.decoded = 6 * kSize});
    EarlyFiles early(s.item, s.list, kSize, 100 * kSize, cx);
    early.run();
    EXPECT_TRUE(cx.complete()) << "reading early spends nothing";
    ASSERT_TRUE(cx.spend(&Limits::decoded, 3 * kSize));
    EXPECT_TRUE(early.take(0));
    EXPECT_FALSE(early.take(1)) << "there is not so much left";
    EXPECT_TRUE(cx.complete()) << "which reading it says";
    EXPECT_FALSE(early.take(4)) << "where the limit was met nothing more was read";
}

TEST(EarlyFiles, NothingIsBegunBehindTheEnd) {
    Setting s;
    Context cx;
    EarlyFiles early(s.item, s.list, kSize, 100 * kSize, cx);
    early.finish();
    s.list = EntryList({});  // its files may be gone then
    early.run();
    EXPECT_EQ(s.files->reads, 0);
    EXPECT_FALSE(early.take(0));
}

TEST(EarlyFiles, NobodyWaitsForWhatHadNoMemory) {
    Setting s;
    s.list = EntryList(
        {{.path = "a", .size = kSize, .node = 1}, {.path = "b", .size = kSize, .node = 7}, {.path = "c", .size = kSize, .node = 2}});
    Context cx;
    EarlyFiles early(s.item, s.list, kSize, 100 * kSize, cx);
    early.run();
    EXPECT_TRUE(early.take(0));
    EXPECT_FALSE(early.take(1));
    EXPECT_FALSE(early.take(2));
    early.finish();
}

TEST(EarlyFiles, OneThreadReadsWhatOthersTake) {
    Setting s;
    Context cx({}, 2);
    for (int i = 0; i < 200; i++) {
        EarlyFiles early(s.item, s.list, kSize, 100 * kSize, cx);
        std::jthread reader([&] { early.run(); });
        if (i % 2) early.end();
        for (size_t k : {5, 4, 2, 1, 0})
            if (auto file = early.take(k); file && k != 2) EXPECT_EQ(one_value(file->bytes.view()), u8(s.list.all()[k].node));
        early.finish();
    }
}

}  // namespace
}  // namespace fieldstrip
