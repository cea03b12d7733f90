// Source: openat2(2), open(2).
#include "engine/open_folders.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace fieldstrip {
namespace {

constexpr size_t kMost = 32;  // folders that are open at a time

/// A folder in another one. The kernel sees to it that it is no link and lies there; one that can't is asked for no link. By O_PATH: it is
/// a place to begin at and is not read, and Landlock looks at what is opened in it.
int enter(int in, const std::string& name) {
    constexpr int kFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    open_how how{.flags = kFlags, .mode = 0, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    int at = int(syscall(SYS_openat2, in, name.c_str(), &how, sizeof how));
    return at < 0 && (errno == ENOSYS || errno == EPERM) ? openat(in, name.c_str(), kFlags) : at;
}

int enter_or_make(int in, const std::string& name) {
    int at = enter(in, name);
    if (at >= 0 || errno != ENOENT || (mkdirat(in, name.c_str(), 0755) && errno != EEXIST)) return at;
    return enter(in, name);
}

}  // namespace

OpenFolders::~OpenFolders() {
    while (!open_.empty()) leave();
}

void OpenFolders::leave() {
    close(open_.back().folder);
    open_.pop_back();
}

int OpenFolders::at(int top, std::string_view path) {
    auto on_the_way = [&](size_t end) {
        return path.substr(0, end) == std::string_view(path_).substr(0, end) && (path.size() == end || path[end] == '/');
    };
    while (!open_.empty() && !(open_.back().end <= path.size() && on_the_way(open_.back().end))) leave();
    path_ = path;
    for (size_t from = open_.empty() ? 0 : open_.back().end + 1; from < path.size();) {
        const size_t end = std::min(path.find('/', from), path.size());
        const int next = enter_or_make(open_.empty() ? top : open_.back().folder, std::string(path.substr(from, end - from)));
        if (next < 0) return -1;
        if (open_.size() == kMost) leave();
        open_.push_back({end, next});
        from = end + 1;
    }
    return open_.empty() ? top : open_.back().folder;
}

}  // namespace fieldstrip
