#include "engine/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace fieldstrip {
namespace {
std::unexpected<Error> io(const std::string& what) { return fail(Error::Kind::Io, what + ": " + std::strerror(errno)); }
}  // namespace

Result<Output> Output::create(const std::string& path, unsigned mode) {
    for (unsigned i = 0; i < 1000; i++) {
        auto temporary = path + ".part" + std::to_string(getpid()) + (i ? "-" + std::to_string(i) : "");
        int fd = open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (fd >= 0) return Output(path, std::move(temporary), fd);
        if (errno != EEXIST) return io(path);
    }
    return fail(Error::Kind::Io, path + ": too many unfinished files lie beside it");
}

Output::Output(Output&& o) noexcept : path_(std::move(o.path_)), temporary_(std::move(o.temporary_)), fd_(std::exchange(o.fd_, -1)) {}
Output::~Output() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(temporary_.c_str());
}

Result<void> Output::write(const Rope& rope) {
    bool good = true;
    rope.each([&](ByteView v) {
        for (size_t at = 0; good && at < v.size();) {
            auto n = ::write(fd_, v.data() + at, v.size() - at);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0)
                good = false;
            else
                at += size_t(n);
        }
    });
    if (!good) return io(path_);
    return {};
}

Result<void> Output::commit() {
    if (fsync(fd_)) return io(path_);
    if (rename(temporary_.c_str(), path_.c_str())) return io(path_);
    close(std::exchange(fd_, -1));
    auto slash = path_.rfind('/');
    int dir = open(slash == path_.npos ? "." : path_.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    return {};
}

bool same_file(const std::string& a, const std::string& b) {
    struct stat x{}, y{};
    return !stat(a.c_str(), &x) && !stat(b.c_str(), &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}
bool file_exists(const std::string& path) {
    struct stat st{};
    return !lstat(path.c_str(), &st);
}

}  // namespace fieldstrip
