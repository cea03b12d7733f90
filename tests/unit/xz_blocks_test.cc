// Blocks of an xz stream that are decoded ahead give what they give one by one, also where a limit is met.
#include <gtest/gtest.h>

#include "engine/store.h"
#include "model/format.h"

namespace fieldstrip {
namespace formats {
extern const Format xz;
}
namespace {

struct Told {
    Bytes content;
    std::string error;
    size_t checks = 0;
    bool complete = true;
    bool operator==(const Told&) const = default;
};

Told told(const Buffer& packed, unsigned threads, u64 decoded) {
    Context opening, cx({.decoded = decoded}, threads);  // what headers cost is not of this
    Told out;
    auto item = formats::xz.open(packed, opening);
    EXPECT_TRUE(item);
    auto done = item->coded()->decode(
        0, [&](ByteView v) { return out.content.insert(out.content.end(), v.begin(), v.end()), true; }, [&](const Check&) { out.checks++; },
        cx);
    if (!done) out.error = done.error().message;
    out.complete = cx.complete();
    return out;
}

TEST(XzBlocks, ALimitEndsThemWhereItWould) {
    for (auto name : {"blocks", "threads", "kernel"}) {
        auto packed = open_file(std::string(SOURCE_DIR) + "/src/formats/xz/samples/" + name + ".bin");
        ASSERT_TRUE(packed) << name;
        const auto whole = told(*packed, 1, kUnbounded);
        const u64 size = whole.content.size();
        EXPECT_TRUE(whole.complete && size) << name;
        EXPECT_TRUE(told(*packed, 1, size).complete) << name << ": nothing is paid for twice";
        for (u64 decoded : {u64{0}, size / 3, size / 2, size - 1, size, 2 * size}) {
            const auto one = told(*packed, 1, decoded);
            EXPECT_EQ(one.complete, decoded >= size) << name << " " << decoded;
            for (unsigned threads : {2u, 8u}) EXPECT_EQ(told(*packed, threads, decoded), one) << name << " " << decoded << " " << threads;
        }
    }
}

TEST(XzBlocks, WhatIsDamagedIsPaidForOnce) {
    auto packed = open_file(std::string(SOURCE_DIR) + "/src/formats/xz/samples/blocks.bin");
    ASSERT_TRUE(packed);
    const auto whole = told(*packed, 1, kUnbounded);
    Bytes damaged(packed->view().begin(), packed->view().end());
    damaged[damaged.size() / 3] ^= 0x10;
    for (unsigned threads : {1u, 2u, 8u}) EXPECT_TRUE(told(Buffer(nullptr, damaged), threads, whole.content.size()).complete) << threads;
}

}  // namespace
}  // namespace fieldstrip
