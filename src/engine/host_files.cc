#include "engine/host_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "engine/entries.h"
#include "engine/store.h"

namespace fieldstrip {
namespace {

std::unexpected<Error> io(const std::string& path) { return fail(Error::Kind::Io, path + ": " + std::strerror(errno)); }

std::optional<Entry::Type> type_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return Entry::Type::File;
        case S_IFDIR: return Entry::Type::Directory;
        case S_IFLNK: return Entry::Type::Symlink;
        case S_IFCHR: return Entry::Type::CharDevice;
        case S_IFBLK: return Entry::Type::BlockDevice;
        case S_IFIFO: return Entry::Type::Fifo;
        case S_IFSOCK: return Entry::Type::Socket;
        default: return {};
    }
}

Result<HostFile> one(int folder, const char* name, std::string path, const std::string& shown) {
    struct stat st{};
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW)) return io(shown);
    auto type = type_of(st.st_mode);
    if (!type) return fail(Error::Kind::Unsupported, shown + ": an unknown kind of file");
    HostFile f{.path = std::move(path),
               .type = *type,
               .mode = st.st_mode & 07777,
               .size = u64(st.st_size),
               .mtime = st.st_mtime,
               .device = st.st_dev,
               .inode = st.st_ino,
               .links = st.st_nlink,
               .major = major(st.st_rdev),
               .minor = minor(st.st_rdev)};
    if (*type != Entry::Type::CharDevice && *type != Entry::Type::BlockDevice) f.major = f.minor = 0;
    if (*type == Entry::Type::Symlink) {
        std::string target(f.size + 1, '\0');
        auto n = readlinkat(folder, name, target.data(), target.size());
        if (n < 0) return io(shown);
        target.resize(size_t(n));
        f.target = std::move(target);
    }
    return f;
}

}  // namespace

Result<HostFile> look_at(const std::string& path) { return one(AT_FDCWD, path.c_str(), "", path); }

Result<void> by_no_link(const std::string& top, const std::string& relative) {
    for (size_t end = 0; end != relative.npos;) {
        end = relative.find('/', end + 1);
        auto path = top + '/' + relative.substr(0, end);
        struct stat st{};
        if (lstat(path.c_str(), &st)) {
            if (errno == ENOENT || errno == ENOTDIR) return {};
            return io(path);
        }
        if (S_ISLNK(st.st_mode)) return fail(Error::Kind::Unsupported, path + " is a link, which extract did not make: remove it");
    }
    return {};
}

Result<std::vector<HostFile>> list_folder(const std::string& top) {
    std::vector<HostFile> out;
    std::vector<std::string> todo = {""};
    while (!todo.empty()) {
        auto at = std::move(todo.back());
        todo.pop_back();
        auto full = at.empty() ? top : top + '/' + at;
        int fd = open(full.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | (at.empty() ? 0 : O_NOFOLLOW));
        DIR* dir = fd < 0 ? nullptr : fdopendir(fd);
        if (!dir) return io(full);
        Result<void> good;
        for (;;) {
            errno = 0;
            auto* d = readdir(dir);
            if (!d) {
                if (errno) good = io(full);  // else files that can't be listed would seem to be gone
                break;
            }
            std::string name = d->d_name;
            if (name == "." || name == "..") continue;
            auto path = at.empty() ? name : at + '/' + name;
            auto f = one(dirfd(dir), d->d_name, path, full + '/' + name);
            if (!f) {
                good = std::unexpected(f.error());
                break;
            }
            if (f->type == Entry::Type::Directory) todo.push_back(path);
            out.push_back(*std::move(f));
        }
        closedir(dir);
        if (!good) return std::unexpected(good.error());
    }
    std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return path_less(a.path, b.path); });
    return out;
}

Entry entry_of(const HostFile& f, std::string path) {
    return {.type = f.type,
            .path = std::move(path),
            .mode = f.mode,
            .uid = 0,
            .gid = 0,
            .mtime = f.mtime,
            .size = f.size,
            .target = f.target,
            .major = f.major,
            .minor = f.minor};
}

Result<Rope> read_host_file(const std::string& path) {
    constexpr u64 kSmall = 1 << 16;  // a system has only so many mappings
    auto bytes = open_file(path);
    if (!bytes) return fail(bytes.error().kind, path + ": " + bytes.error().message);
    Rope out;
    if (bytes->size() <= kSmall)
        out.fresh(Bytes(bytes->view().begin(), bytes->view().end()));
    else
        out.fresh(*bytes);
    return out;
}

}  // namespace fieldstrip
