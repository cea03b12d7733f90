#include "engine/store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/digest.h"

namespace fieldstrip {
namespace {

std::unexpected<Error> system_error(const std::string& what, int error) {
    return fail(Error::Kind::Io, what + (what.empty() ? "" : ": ") + std::strerror(error));
}

/// A mapping; file-backed ones give their pages back when told to, since these count as our memory.
class Mapping final : public Keeper {
  public:
    /// `owner`: of what is mapped, to be let go behind it.
    Mapping(void* at, u64 size, bool file, std::shared_ptr<const void> owner = nullptr)
        : at_(at), size_(size), file_(file), owner_(std::move(owner)) {}
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
    std::shared_ptr<const void> owner_;
};

Result<Buffer> map_file(int fd, u64 size, const std::string& what, u64 from = 0, std::shared_ptr<const void> owner = nullptr) {
    if (!size) return Buffer{};
    void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, off_t(from));
    if (at == MAP_FAILED) return system_error(what, errno);
    return Buffer(std::make_shared<const Mapping>(at, size, true, std::move(owner)), {static_cast<const u8*>(at), size});
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

Result<std::string> sha256_of_file(const std::string& path) {
    constexpr size_t kStep = 1 << 18;
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_error("", errno);
    struct stat st{};
    Result<void> done;
    if (fstat(fd, &st))
        done = system_error("", errno);
    else if (!S_ISREG(st.st_mode))
        done = fail(Error::Kind::Io, "is not a regular file");
    std::string out;
    if (done) {
        const size_t step = std::min<u64>(kStep, u64(st.st_size) + 1);  // one more shows the end
        auto block = std::make_unique_for_overwrite<u8[]>(step);
        out = sha256_hex([&](const Eat& eat) {
            for (;;) {
                auto n = read(fd, block.get(), step);
                if (n < 0 && errno == EINTR) continue;
                if (n < 0) done = system_error("", errno);
                if (n <= 0) break;
                eat({block.get(), size_t(n)});
            }
        });
    }
    close(fd);
    if (!done) return std::unexpected(std::move(done).error());
    return out;
}

std::optional<Stamp> stamp_of(const std::string& path) {
    struct stat st{};
    if (stat(path.c_str(), &st)) return {};
    return Stamp{st.st_dev, st.st_ino, u64(st.st_size), st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
}

Result<Buffer> read_stdin(Context& cx) {
    Collector all(cx);
    Bytes block(1 << 18);
    for (;;) {
        auto n = read(STDIN_FILENO, block.data(), block.size());
        if (n < 0 && errno == EINTR) {
            TRY_VOID(cx.undisturbed());
            continue;
        }
        if (n < 0) return system_error("standard input", errno);
        if (!n || !all.add(ByteView(block).first(size_t(n)))) return all.take();
    }
}

Collector::Collector(Context& cx) : cx_(cx) {}

bool Collector::spill() {
    auto window = cx_.spill->window();
    if (!window) {
        error_ = window.error();
        return false;
    }
    window_ = *std::move(window);
    Bytes so_far;
    so_far.swap(memory_);
    size_ = 0;
    return write_out(so_far);
}

bool Collector::write_out(ByteView v) {
    auto failed = [&](int error) {
        error_ = system_error("a temporary file for decoded bytes (TMPDIR)", error).error();
        return false;
    };
    if (v.size() > Spill::kWindow - size_) return failed(EFBIG);
    for (u64 at = 0; at < v.size();) {
        auto n = pwrite(window_->file(), v.data() + at, v.size() - at, off_t(window_->begin() + size_ + at));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return failed(n ? errno : ENOSPC);
        at += u64(n);
    }
    size_ += v.size();
    return true;
}

bool Collector::add(ByteView v) {
    if (error_) return false;
    if (!window_) {
        constexpr u64 kSmall = 1 << 16;
        u64 budget = cx_.limits.memory / 2, held = *cx_.held, after = size_ + v.size();
        if (after <= kSmall || (after <= budget / 4 && held + after <= budget)) {
            memory_.insert(memory_.end(), v.begin(), v.end());
            size_ += v.size();
            return true;
        }
        if (!spill()) return false;
    }
    return write_out(v);
}

Result<Buffer> Collector::take() {
    if (error_) return std::unexpected(*error_);
    if (window_) return map_file(window_->file(), size_, "a temporary file", window_->begin(), window_);
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
