#include "engine/store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace fieldstrip {
namespace {

std::unexpected<Error> system_error(const std::string& what, int error) {
    return fail(Error::Kind::Io, what + (what.empty() ? "" : ": ") + std::strerror(error));
}

/// A mapping; file-backed ones give their pages back when told to, since these count as our memory.
class Mapping final : public Keeper {
  public:
    Mapping(void* at, u64 size, bool file) : at_(at), size_(size), file_(file) {}
    ~Mapping() override { munmap(at_, size_); }
    void forget(ByteView v) const override {
        constexpr u64 kPage = 4096, kWorth = u64{64} << 20;
        if (!file_ || size_ < kWorth) return;
        auto from = (reinterpret_cast<std::uintptr_t>(v.data()) + kPage - 1) & ~(kPage - 1),
             to = reinterpret_cast<std::uintptr_t>(v.data() + v.size()) & ~(kPage - 1);
        if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
    }

  private:
    void* at_;
    u64 size_;
    bool file_;
};

Result<Buffer> map_file(int fd, u64 size, const std::string& what) {
    if (!size) return Buffer{};
    void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) return system_error(what, errno);
    return Buffer(std::make_shared<const Mapping>(at, size, true), {static_cast<const u8*>(at), size});
}

/// Decoded bytes in memory; the Context knows how many there are in all.
class Held final : public Keeper {
  public:
    Held(Bytes b, std::shared_ptr<std::atomic<u64>> held) : bytes(std::move(b)), held_(std::move(held)) { *held_ += bytes.size(); }
    ~Held() override { *held_ -= bytes.size(); }
    Bytes bytes;

  private:
    std::shared_ptr<std::atomic<u64>> held_;
};

}  // namespace

Result<Buffer> open_file(const std::string& path) {
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_error("", errno);
    struct stat st{};
    Result<Buffer> out = fail(Error::Kind::Io, "is not a regular file");
    if (fstat(fd, &st))
        out = system_error("", errno);
    else if (S_ISREG(st.st_mode))
        out = map_file(fd, u64(st.st_size), "");
    else if (S_ISBLK(st.st_mode))
        if (auto size = lseek(fd, 0, SEEK_END); size >= 0) out = map_file(fd, u64(size), "");
    close(fd);
    return out;
}

Result<Buffer> read_stdin(Context& cx) {
    Collector all(cx);
    Bytes block(1 << 18);
    for (;;) {
        auto n = read(STDIN_FILENO, block.data(), block.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_error("standard input", errno);
        if (!n || !all.add(ByteView(block).first(size_t(n)))) return all.take();
    }
}

Collector::Collector(Context& cx) : cx_(cx) {}
Collector::~Collector() {
    if (file_ >= 0) close(file_);
}

bool Collector::spill() {
    const char* dir = std::getenv("TMPDIR");
    file_ = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0) {
        error_ = errno;
        return false;
    }
    Bytes so_far;
    so_far.swap(memory_);
    size_ = 0;
    return add(so_far);
}

bool Collector::add(ByteView v) {
    if (error_) return false;
    if (file_ < 0) {
        constexpr u64 kSmall = 1 << 16;
        u64 budget = cx_.limits.memory / 2, held = *cx_.held, after = size_ + v.size();
        if (after <= kSmall || (after <= budget / 4 && held + after <= budget)) {
            memory_.insert(memory_.end(), v.begin(), v.end());
            size_ += v.size();
            return true;
        }
        if (!spill()) return false;
    }
    for (u64 at = 0; at < v.size();) {
        auto n = write(file_, v.data() + at, v.size() - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            error_ = n ? errno : ENOSPC;
            return false;
        }
        at += u64(n);
    }
    size_ += v.size();
    return true;
}

Result<Buffer> Collector::take() {
    if (error_) return system_error("a temporary file for decoded bytes (TMPDIR)", error_);
    if (file_ >= 0) return map_file(file_, size_, "a temporary file");
    memory_.shrink_to_fit();
    auto held = std::make_shared<const Held>(std::move(memory_), cx_.held);
    ByteView view = held->bytes;
    return Buffer(std::move(held), view);
}

Result<std::pair<Buffer, std::span<u8>>> blank(u64 size) {
    if (!size) return std::pair{Buffer{}, std::span<u8>{}};
    void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return system_error("memory", errno);
    auto* bytes = static_cast<u8*>(at);
    return std::pair{Buffer(std::make_shared<const Mapping>(at, size, false), {bytes, size}), std::span<u8>{bytes, size}};
}

}  // namespace fieldstrip
