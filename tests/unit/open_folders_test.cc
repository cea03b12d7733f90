// The folders on the way to the one that was used last.
#include "engine/open_folders.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace fieldstrip {
namespace {

namespace fs = std::filesystem;

class OpenFoldersTest : public testing::Test {
  protected:
    OpenFoldersTest() {
        std::string name = testing::TempDir() + "open_folders_XXXXXX";  // mkdtemp's
        root_ = mkdtemp(name.data());
        top_ = open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    ~OpenFoldersTest() override {
        close(top_);
        fs::remove_all(root_);
    }
    /// Whether what at() gave is that folder.
    bool is(int folder, const std::string& path) const {
        struct stat one{}, other{};
        return folder >= 0 && !fstat(folder, &one) && !stat((root_ / path).c_str(), &other) && one.st_ino == other.st_ino;
    }
    static long open_now() { return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()); }

    fs::path root_;
    int top_;
};

TEST_F(OpenFoldersTest, GoesToNeighboursAndBack) {
    OpenFolders folders;
    EXPECT_EQ(folders.at(top_, ""), top_);
    for (auto* path : {"a/b/c", "a/b/cd", "a/b", "a/b/c", "ab", "a", "ab/c/d/e", "a/b/c/d"})
        EXPECT_TRUE(is(folders.at(top_, path), path)) << path;
    EXPECT_EQ(folders.at(top_, ""), top_);
    EXPECT_TRUE(is(folders.at(top_, "a/b/cd"), "a/b/cd"));
}

TEST_F(OpenFoldersTest, KeepsFewOpenHoweverDeep) {
    std::string deep;
    for (int i = 0; i < 200; i++) deep += std::string(i ? "/" : "") + "d" + std::to_string(i % 10);
    const long before = open_now();
    {
        OpenFolders folders;
        EXPECT_TRUE(is(folders.at(top_, deep), deep));
        EXPECT_LE(open_now(), before + 40);
        const auto half = deep.substr(0, deep.size() / 2 + 1), beside = half.substr(0, half.rfind('/')) + "/x/y";
        EXPECT_TRUE(is(folders.at(top_, beside), beside));
        EXPECT_TRUE(is(folders.at(top_, deep), deep));
    }
    EXPECT_EQ(open_now(), before);
}

TEST_F(OpenFoldersTest, FollowsNoLink) {
    fs::create_directory(root_ / "real");
    fs::create_directory_symlink("real", root_ / "link");
    fs::create_directory_symlink("..", root_ / "real/up");
    OpenFolders folders;
    for (auto* path : {"link", "link/x", "real/up", "real/up/real"}) {
        EXPECT_EQ(folders.at(top_, path), -1) << path;
        EXPECT_TRUE(errno == ELOOP || errno == ENOTDIR) << path << ": " << errno;
    }
    EXPECT_FALSE(fs::exists(root_ / "real/x"));
    EXPECT_TRUE(is(folders.at(top_, "real/x"), "real/x"));
}

TEST_F(OpenFoldersTest, SaysWhatIsInTheWayAndGoesOn) {
    std::ofstream(root_ / "file") << "x";
    OpenFolders folders;
    EXPECT_TRUE(is(folders.at(top_, "a/b"), "a/b"));
    EXPECT_EQ(folders.at(top_, "file/b"), -1);
    EXPECT_EQ(errno, ENOTDIR);
    EXPECT_TRUE(is(folders.at(top_, "a/b"), "a/b"));
}

}  // namespace
}  // namespace fieldstrip
