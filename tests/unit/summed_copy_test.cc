// A copy that is made piece by piece: all bytes and their sha256, or why not.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>

#include "engine/sink.h"

namespace fieldstrip {
namespace {

Buffer some(size_t n) {
    Bytes b(n);
    for (size_t i = 0; i < n; i++) b[i] = u8(i * 7 + (i >> 9));
    return Buffer::own(std::move(b));
}

std::string written(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(SummedCopy, IsTheSameBytesAndTheirSum) {
    const auto path = testing::TempDir() + "summed_copy";
    for (size_t n : {size_t(0), size_t(1), size_t(1) << 20, (size_t(3) << 20) + 1}) {
        auto bytes = some(n);
        int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ASSERT_GE(fd, 0);
        SummedCopy copy(bytes, NewFile(fd, path)), sum(bytes, {});
        size_t steps = 1;
        for (; copy.step(); steps++) EXPECT_TRUE(sum.step());
        EXPECT_FALSE(sum.step());
        EXPECT_EQ(std::max<size_t>(1, (n + (1 << 20) - 1) >> 20), steps);
        const auto wanted = sha256_hex([&](const Eat& eat) { eat(bytes.view()); });
        EXPECT_EQ(wanted, copy.digest().value());
        EXPECT_EQ(wanted, sum.digest().value());
        EXPECT_TRUE(std::ranges::equal(as_bytes(written(path)), bytes.view()));
    }
    unlink(path.c_str());
}

TEST(SummedCopy, EndsWhereItCannotBeWritten) {
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    SummedCopy copy(some(size_t(3) << 20), NewFile(fd, "a.img"));
    EXPECT_FALSE(copy.step());
    auto digest = copy.digest();
    ASSERT_FALSE(digest);
    EXPECT_EQ(Error::Kind::Io, digest.error().kind);
    EXPECT_NE(std::string::npos, digest.error().message.find("a.img: No space left"));
}

}  // namespace
}  // namespace fieldstrip
