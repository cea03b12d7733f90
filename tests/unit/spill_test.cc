// Decoded bytes that memory has no room for: windows of one file, given back when they are done with.
#include "base/spill.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store.h"

namespace fieldstrip {
namespace {

u64 bytes_on_disk(int file) {
    struct stat st{};
    fstat(file, &st);
    return u64(st.st_blocks) * 512;
}

TEST(Spill, WindowsAreApartAndComeBack) {
    auto spill = std::make_shared<Spill>();
    auto a = spill->window(), b = spill->window();
    ASSERT_TRUE(a && b) << a.error().message;
    EXPECT_EQ((*a)->file(), (*b)->file());
    EXPECT_EQ((*b)->begin() - (*a)->begin(), Spill::kWindow);
    Bytes block(1 << 20, 7);
    ASSERT_EQ(pwrite((*b)->file(), block.data(), block.size(), off_t((*b)->begin())), ssize_t(block.size()));
    const u64 begin = (*b)->begin();
    int file = (*b)->file();
    EXPECT_GE(bytes_on_disk(file), block.size());
    b->reset();
    EXPECT_LT(bytes_on_disk(file), block.size());  // the disk has them back
    auto again = spill->window();
    EXPECT_EQ((*again)->begin(), begin);
}

TEST(Spill, SaysWhyThereIsNone) {
    std::string was = getenv("TMPDIR") ? getenv("TMPDIR") : "";
    setenv("TMPDIR", "/not/there", 1);
    auto window = std::make_shared<Spill>()->window();
    was.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", was.c_str(), 1);
    ASSERT_FALSE(window);
    EXPECT_NE(window.error().message.find("TMPDIR"), std::string::npos);
}

TEST(Collector, KeepsWhatIsTooMuchForMemory) {
    Context cx({.memory = 1 << 20});
    std::vector<Buffer> all;
    for (u8 k = 0; k < 3; k++) {
        Collector c(cx);
        for (int i = 0; i < 64; i++) ASSERT_TRUE(c.add(Bytes(1 << 15, u8(k * 64 + i))));
        auto taken = c.take();
        ASSERT_TRUE(taken) << taken.error().message;
        all.push_back(*taken);
    }
    for (u8 k = 0; k < 3; k++)
        for (int i = 0; i < 64; i++) EXPECT_EQ(all[k].view()[size_t(i) << 15], u8(k * 64 + i));
    EXPECT_EQ(*cx.held, 0u);  // none of it is in memory
}

}  // namespace
}  // namespace fieldstrip
