// Escapes, numbers, sizes; partition tables; room.
#include "base/text.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "engine/names.h"
#include "engine/parts.h"
#include "engine/room.h"

namespace fieldstrip {
namespace {

TEST(Text, EscapeAndBack) {
    for (std::string s : {"plain", "\x1b[31mred\n", "back\\slash", "\xff\xfe", "\xc3\xa4", "\xc2\x85", ""}) {
        EXPECT_EQ(unescape(escape(s)), s);
        EXPECT_TRUE(is_utf8(escape(s)));
    }
    EXPECT_EQ(escape("a\x01"), "a\\x01");
    EXPECT_FALSE(unescape("\\q"));
    EXPECT_FALSE(unescape("\\x1"));
    EXPECT_FALSE(is_utf8("\xc0\x80"));
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
    EXPECT_EQ(to_utf8("a\xff"), "a\xEF\xBF\xBD");
}

TEST(Text, Numbers) {
    EXPECT_EQ(parse_number("0x10"), 16u);
    EXPECT_EQ(parse_number("18446744073709551615"), ~u64{0});
    EXPECT_FALSE(parse_number("18446744073709551616"));
    EXPECT_FALSE(parse_number(""));
    EXPECT_FALSE(parse_number("0x"));
    EXPECT_FALSE(parse_number("-1"));
    EXPECT_EQ(parse_size("256k"), 262144u);
    EXPECT_FALSE(parse_size("99999999999999G"));
    EXPECT_EQ(base64(as_bytes("any carnal pleas")), "YW55IGNhcm5hbCBwbGVhcw==");
    EXPECT_EQ(human_size(1570420), "1.50 MiB");
}

TEST(Names, WhatAHostCannotTake) {
    EXPECT_EQ(host_name("payload"), "payload");
    EXPECT_EQ(host_name(".."), "%2e%2e");
    EXPECT_EQ(host_name("a/b"), "a%2fb");
    EXPECT_EQ(host_name("100%"), "100%");
    EXPECT_EQ(host_name("%2F"), "%252F");
    EXPECT_EQ(host_name("bad\xff"), "bad%ff");
    EXPECT_EQ(host_name(std::string(300, 'x')).size(), 200u + 2 + 16);
}

TEST(Parts, AsTheKernelReadsThem) {
    auto p = parse_parts("mtdparts=spi0.0:256k(boot)ro,2M(kernel),-(rootfs)", 8 << 20);
    ASSERT_TRUE(p.has_value());
    ASSERT_EQ(p->size(), 3u);
    EXPECT_EQ((*p)[1].extent, (Extent{0x40000, 0x200000}));
    EXPECT_EQ((*p)[2].extent.end(), u64{8 << 20});
    EXPECT_EQ(borders_of(*p, 8 << 20), (std::vector<u64>{0x40000, 0x240000}));
    EXPECT_EQ((*parse_parts("64k@0x10000(a)", 1 << 20))[0].extent, (Extent{0x10000, 0x10000}));
    for (auto* bad : {"", "x(a)", "0(a)", "2M(a)", "64k(a", "64k(a)what", "18446744073709551615k(a)"})
        EXPECT_FALSE(parse_parts(bad, 1 << 20)) << bad;
}

TEST(Json, IsValidWhateverTheBytes) {
    std::string out;
    {
        JsonWriter j([&](std::string_view s) { out += s; });
        j.object().bytes("a\"", "\xff\n").key("b").array().number(u64{1}).null().boolean(true).end().end();
    }
    EXPECT_EQ(out, "{\"a\\\"\":\"\xEF\xBF\xBD\\u000a\",\"a\\\"_b64\":\"/wo=\",\"b\":[1,null,true]}");
}

/// A space of 64 KiB: a region of `size`, zeros to 4 KiB, 0xFF to the end.
struct Space {
    explicit Space(u64 size) : bytes(0x10000, 0xFF) {
        room.region = {0, size};
        u64 to = (size + 4095) / 4096 * 4096;
        std::fill(bytes.begin(), bytes.begin() + i64(size), u8{0xAB});
        std::fill(bytes.begin() + i64(size), bytes.begin() + i64(to), u8{0});
        if (to > size) room.fillers.push_back({{size, to - size}, 0});
        room.fillers.push_back({{to, bytes.size() - to}, 0xFF});
    }
    std::string settled(u64 size) const {
        Rope now;
        now.fresh(Bytes(size, 0xCD));
        auto b = settle(now, room, Buffer::own(bytes), false).joined();
        std::string out;  // "0xcd 5000, 0x00 3192 …"
        for (u64 at = 0; at < b.size();) {
            u64 end = at;
            while (end < b.size() && b.view()[end] == b.view()[at]) end++;
            out += (out.empty() ? "" : ", ") + hex(b.view().subspan(at, 1)) + " " + std::to_string(end - at);
            at = end;
        }
        return out;
    }
    Room room;
    Bytes bytes;
};

TEST(RoomBehindARegion, FirstFillerIsMadeAgainToItsMultiple) {
    Space s(5000);
    EXPECT_EQ(s.settled(5000), "cd 5000, 00 3192, ff 57344");
    EXPECT_EQ(s.settled(100), "cd 100, 00 3996, ff 61440");
    EXPECT_EQ(s.settled(9000), "cd 9000, 00 3288, ff 53248");
    EXPECT_EQ(s.settled(8192), "cd 8192, ff 57344");
    EXPECT_EQ(s.settled(0xFFFF), "cd 65535, 00 1");
    EXPECT_EQ(Space(4096).settled(4000), "cd 4000, ff 61536");
}

}  // namespace
}  // namespace fieldstrip
