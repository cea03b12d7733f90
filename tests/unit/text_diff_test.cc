// Lines removed and added: put to the first text they give the second; as few as can be (by a table of all ways); bounded when hostile.
#include "look/text_diff.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "look/binary_diff.h"

namespace fieldstrip {
namespace {

std::mt19937 any(18);

std::string text_of(size_t lines, unsigned words, bool ends = true) {
    std::string out;
    for (size_t i = 0; i < lines; i++) out += std::to_string(any() % words) + '\n';
    if (!ends && !out.empty()) out.pop_back();
    return out;
}

/// A text with the hunks applied, as patch(1) does it: by line number, every line of context checked.
std::string patched(std::string_view a, const TextChange& change) {
    auto lines = lines_of(a);
    std::string out;
    size_t at = 0;
    for (auto& h : change.hunks) {
        const size_t begin = h.count_a ? h.line_a - 1 : h.line_a;
        EXPECT_LE(at, begin);
        EXPECT_LE(begin, lines.size());
        for (; at < begin; at++) out += lines[at];
        u64 n = 0, m = 0;
        for (size_t i = 0; i < h.lines.size(); i++) {
            auto& l = h.lines[i];
            if (l.sign == '\\') continue;
            const bool cut = i + 1 < h.lines.size() && h.lines[i + 1].sign == '\\';
            auto text = l.text + (cut ? "" : "\n");
            if (l.sign != '+') {
                EXPECT_LT(at, lines.size());
                EXPECT_EQ(lines[at], text);
                at++, n++;
            }
            if (l.sign != '-') out += text, m++;
        }
        EXPECT_EQ(n, h.count_a);
        EXPECT_EQ(m, h.count_b);
    }
    for (; at < lines.size(); at++) out += lines[at];
    return out;
}

/// The most lines that two texts can have in common, by the table of all prefixes.
size_t most_common(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
    std::vector<size_t> row(b.size() + 1);
    for (auto x : a) {
        size_t before = 0;
        for (size_t j = 0; j < b.size(); j++) {
            size_t above = row[j + 1];
            row[j + 1] = x == b[j] ? before + 1 : std::max(row[j], above);
            before = above;
        }
    }
    return row.back();
}

void holds(const std::string& a, const std::string& b, bool shortest = true) {
    TextBounds all{.lines = size_t{1} << 30, .line_bytes = size_t{1} << 30};
    auto change = text_change(a, b, all);
    ASSERT_EQ(patched(a, change), b) << a << "----\n" << b;
    auto x = lines_of(a), y = lines_of(b);
    size_t common = 0, at_a = 0, at_b = 0;
    for (auto& s : same_lines(x, y)) {
        ASSERT_GE(s.a, at_a);
        ASSERT_GE(s.b, at_b);
        for (size_t i = 0; i < s.size; i++) ASSERT_EQ(x[s.a + i], y[s.b + i]);
        at_a = s.a + s.size, at_b = s.b + s.size, common += s.size;
    }
    ASSERT_LE(at_a, x.size());
    ASSERT_LE(at_b, y.size());
    EXPECT_EQ(change.removed, x.size() - common);
    EXPECT_EQ(change.added, y.size() - common);
    if (shortest) ASSERT_EQ(common, most_common(x, y)) << a << "----\n" << b;
}

TEST(TextDiff, GivesTheSecondFromTheFirst) {
    for (int i = 0; i < 3000; i++) holds(text_of(any() % 40, 1 + any() % 12, any() % 4), text_of(any() % 40, 1 + any() % 12, any() % 4));
    for (int i = 0; i < 60; i++) {
        auto a = text_of(200 + any() % 300, 100000);
        auto lines = lines_of(a);
        std::string b;  // some lines gone, some new, some moved
        for (auto l : lines)
            if (any() % 20) b += any() % 30 ? std::string(l) : text_of(1 + any() % 5, 100000);
        holds(a, b);
        holds(b, a);
    }
    for (auto* s : {"", "a", "a\n", "\n", "a\nb", "\n\n\n", "a\nb\na\nb\n"})
        for (auto* t : {"", "a", "a\n", "\n", "b\na", "\n\n", "b\na\nb\na\n"}) holds(s, t);
}

TEST(TextDiff, LinesAreNumberedAsDiffDoes) {
    auto change = text_change("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\nten", {});
    ASSERT_EQ(change.hunks.size(), 1u);  // 4 lines between them
    auto& h = change.hunks[0];
    EXPECT_EQ(std::tie(h.line_a, h.count_a, h.line_b, h.count_b), std::make_tuple(u64{2}, u64{8}, u64{2}, u64{9}));
    EXPECT_EQ(h.lines.back().sign, '\\');
    change = text_change("", "x\n", {});
    ASSERT_EQ(change.hunks.size(), 1u);
    EXPECT_EQ(std::tie(change.hunks[0].line_a, change.hunks[0].line_b), std::make_tuple(u64{0}, u64{1}));
}

TEST(TextDiff, HostileTextsAreBounded) {
    auto begin = std::chrono::steady_clock::now();
    auto a = text_of(300000, 5000), b = text_of(300000, 5000);  // every line has thousands of partners
    holds(a, b, false);
    std::string x, y;
    for (int i = 0; i < 200000; i++) x += i % 2 ? "a\n" : "b\n", y += i % 3 ? "a\n" : "b\n";
    holds(x, y, false);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));  // with sanitizers, on a busy machine
    auto change = text_change(a, b, {.lines = 50, .line_bytes = 2});
    size_t n = 0;
    for (auto& h : change.hunks) n += h.lines.size();
    EXPECT_LE(n, 60u);
    EXPECT_GT(change.left_out, 0u);
}

TEST(TextDiff, WhatIsText) {
    EXPECT_TRUE(is_text(as_bytes("plain\n\tand \x1b[31mred\xc3\xa4\n")));
    EXPECT_FALSE(is_text(as_bytes(std::string_view("a\0b", 3))));
    EXPECT_FALSE(is_text(as_bytes("\x01\x02\x03\x04")));
}

TEST(BinaryDiff, RangesAndStrings) {
    Bytes a(10000, 0x20), b;
    for (size_t i = 0; i < a.size(); i++) a[i] = u8(i % 3);
    b = a;
    b[100] ^= 0x80, b[105] ^= 0x80, b[5000] ^= 0x80;
    auto change = binary_change(a, b, {});
    EXPECT_EQ(change.differing, 3u);
    ASSERT_EQ(change.ranges.size(), 2u);
    EXPECT_EQ(change.ranges[0], (Extent{100, 6}));
    EXPECT_EQ(change.ranges[1], (Extent{5000, 1}));
    auto put = [](Bytes& to, std::string_view s) { std::memcpy(to.data() + 300, s.data(), s.size()); };
    put(a, "version 1.2.3"), put(b, "version 1.2.4");
    change = binary_change(a, b, {});
    EXPECT_EQ(change.removed, std::vector<std::string>{"version 1.2.3"});
    EXPECT_EQ(change.added, std::vector<std::string>{"version 1.2.4"});
    b.insert(b.begin() + 200, 7, 0xEE);
    change = binary_change(a, b, {});
    ASSERT_EQ(change.ranges.size(), 1u);
    EXPECT_EQ(change.ranges[0].offset, 100u);
}

/// Tables of sections that point anywhere.
TEST(BinaryDiff, BrokenProgramsAreNoTrap) {
    for (int i = 0; i < 20000; i++) {
        Bytes a(64 + any() % 200), b;
        for (auto& c : a) c = u8(any() % 4 ? any() % 8 : any());
        std::memcpy(a.data(),
                    "\x7f"
                    "ELF",
                    4);
        a[4] = u8(1 + any() % 2), a[5] = u8(1 + any() % 2);
        b = a;
        b[any() % b.size()] ^= 1;
        (void)binary_change(a, b, {});
    }
}

}  // namespace
}  // namespace fieldstrip
