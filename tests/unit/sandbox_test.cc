// What a process in the sandbox tries, and what it is told. Each case is a child that enters it for good.
#include "base/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

namespace fieldstrip {
namespace {

namespace fs = std::filesystem;

class InSandbox : public testing::Test {
  protected:
    void SetUp() override {
        top = fs::path(testing::TempDir()) / ("sandbox-" + std::to_string(getpid()));
        fs::remove_all(top);
        fs::create_directories(top / "out.part/a");
        fs::create_directories(top / "out.part/b");
        for (auto* name : {"image", "x", "out.part/a/file"}) std::ofstream(top / name) << "content";
    }
    void TearDown() override { fs::remove_all(top); }
    std::string at(const char* name) const { return (top / name).string(); }

    /// Runs it in a child within the sandbox; what it returns, as text.
    std::string said(const Grants& grants, const std::function<std::string(const Sandbox&)>& f) const {
        int both[2];
        if (pipe(both)) return "no pipe";
        pid_t child = fork();
        if (!child) {
            close(both[0]);
            auto sandbox = enter_sandbox(grants);
            auto text = f(sandbox);
            (void)!write(both[1], text.data(), text.size());
            _exit(0);
        }
        close(both[1]);
        std::string out(4096, '\0');
        auto n = read(both[0], out.data(), out.size());
        close(both[0]);
        int status = 0;
        waitpid(child, &status, 0);
        if (!WIFEXITED(status)) return "died";
        out.resize(n > 0 ? size_t(n) : 0);
        return out;
    }
    fs::path top;
};

std::string outcome(long result) { return result >= 0 ? "done" : std::strerror(errno); }
std::string opened(const std::string& path, int flags) { return outcome(open(path.c_str(), flags, 0644)); }

constexpr const char* kNot = "Permission denied";          // Landlock's word
constexpr const char* kNever = "Operation not permitted";  // the filter's

TEST_F(InSandbox, NoOtherProgramNoNetworkNoOtherProcess) {
    auto what = said({}, [&](const Sandbox& s) {
        if (!s.calls) return std::string("SKIPPED");
        char name[] = "/bin/true";
        char* words[] = {name, nullptr};
        auto executed = outcome(execve(name, words, words));
        auto connected = outcome(socket(AF_INET, SOCK_STREAM, 0)) + "/" + outcome(socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_in to{};
        to.sin_family = AF_INET, to.sin_port = htons(80), to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected += "/" + outcome(connect(0, reinterpret_cast<sockaddr*>(&to), sizeof to));
        return executed + "|" + connected + "|" + outcome(mknod(at("null").c_str(), S_IFCHR | 0666, 0)) + "|" +
               outcome(chown(at("x").c_str(), 1, 1)) + "|" + outcome(chmod(at("x").c_str(), 04755));
    });
    if (what == "SKIPPED") GTEST_SKIP() << "this kernel takes no seccomp filter";
    std::string never = kNever;
    EXPECT_EQ(what, never + "|" + never + "/" + never + "/" + never + "|" + never + "|" + never + "|" + never);
}

TEST_F(InSandbox, OnlyWhatWasNamedIsRead) {
    auto what = said({.read = {at("image"), at("not there")}}, [&](const Sandbox& s) {
        if (!s.landlock) return std::string("SKIPPED");
        return opened(at("image"), O_RDONLY) + "|" + opened(at("image"), O_RDWR) + "|" + opened(at("x"), O_RDONLY) + "|" +
               opened(top.string(), O_RDONLY | O_DIRECTORY) + "|" + opened("/etc/hostname", O_WRONLY);
    });
    if (what == "SKIPPED") GTEST_SKIP() << "this kernel has no Landlock";
    std::string no = kNot;
    EXPECT_EQ(what, "done|" + no + "|" + no + "|" + no + "|" + no);
}

TEST_F(InSandbox, OnlyTheFolderIsWritten) {
    auto what = said({.write = {at("out.part")}, .folder_names = {top.string()}}, [&](const Sandbox& s) {
        if (!s.landlock) return std::string("SKIPPED");
        if (chdir(at("out.part").c_str())) return std::string("no folder");
        auto inside = opened("a/new", O_CREAT | O_RDWR) + "/" + outcome(mkdir("a/folder", 0755)) + "/" +
                      outcome(symlink(at("x").c_str(), "a/link")) + "/" + outcome(link("a/file", "b/file"));
        auto outside = opened("../x", O_WRONLY) + "/" + opened("../new", O_CREAT | O_RDWR) + "/" + opened("a/link", O_RDONLY) + "/" +
                       outcome(unlink("../x")) + "/" + outcome(rename("a/new", "../new")) + "/" + outcome(symlink("x", "../link"));
        return inside + "|" + outside + "|" + outcome(rename(at("out.part").c_str(), at("out").c_str()));
    });
    if (what == "SKIPPED") GTEST_SKIP() << "this kernel has no Landlock";
    std::string no = kNot;
    EXPECT_EQ(what, "done/done/done/done|" + no + "/" + no + "/" + no + "/" + no + "/" + no + "/" + no + "|done");
    EXPECT_TRUE(fs::exists(top / "out/b/file"));
    EXPECT_TRUE(fs::exists(top / "x"));
}

TEST_F(InSandbox, AFileGetsItsName) {
    std::ofstream(top / "out.img.part") << "new";
    auto what = said({.file_names = {top.string()}}, [&](const Sandbox& s) {
        if (!s.landlock) return std::string("SKIPPED");
        return outcome(rename(at("out.img.part").c_str(), at("out.img").c_str())) + "|" + opened(at("x"), O_WRONLY) + "|" +
               outcome(mkdir(at("folder").c_str(), 0755));
    });
    if (what == "SKIPPED") GTEST_SKIP() << "this kernel has no Landlock";
    EXPECT_EQ(what, std::string("done|") + kNot + "|" + kNot);
}

TEST_F(InSandbox, ThreadsWork) {
    auto what = said({.memory = u64{256} << 20}, [&](const Sandbox&) {
        std::string out;
        std::thread([&] { out = "thread"; }).join();
        return out;
    });
    EXPECT_EQ(what, "thread");
}

TEST_F(InSandbox, SaysWhatItIsMadeOf) {
    Sandbox s{.landlock = 7, .calls = true, .memory = true, .missing = {}};
    EXPECT_NE(words_of(s).find("Landlock version 7"), std::string::npos);
    EXPECT_EQ(words_of(Sandbox{}), "sandbox: no Landlock; no seccomp; no rlimits");
}

}  // namespace
}  // namespace fieldstrip
