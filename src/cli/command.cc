#include "cli/command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/text.h"
#include "cli/signals.h"
#include "engine/output.h"
#include "engine/parts.h"
#include "engine/places.h"

namespace fieldstrip::cli {
namespace {
bool exists(const std::string& path) {
    struct stat st{};
    return !stat(path.c_str(), &st);
}
}  // namespace

Target parse_target(const std::string& argument) {
    if (argument == "-" || exists(argument)) return {argument, "/"};
    for (size_t at = argument.find(":/"); at != argument.npos; at = argument.find(":/", at + 1)) {
        auto file = argument.substr(0, at);
        if (file == "-" || exists(file)) return {file, argument.substr(at + 1)};
    }
    return {argument, "/"};
}

Work::Work(const Options& o) : Context({}, o.threads, &cli::alarm()) { spill = o.spill; }

Limits limits_for(const Options& o, u64 image_size) {
    Limits l = o.limits;
    if (!o.decoded_set) l.decoded = std::max(l.decoded, image_size > (kUnbounded >> 5) ? kUnbounded : 32 * image_size);
    return l;
}

Result<Opened> open_target(const std::string& argument, const Options& o, Context& cx, bool entries) {
    Opened out{.target = parse_target(argument), .stamp = {}};
    if (out.target.file != "-") out.stamp = stamp_of(out.target.file);
    auto image = TRY(out.target.file == "-" ? read_stdin(cx) : open_file(out.target.file));
    cx.limits = limits_for(o, image.size());
    std::vector<u64> borders;
    if (!o.parts.empty()) borders = borders_of(TRY(parse_parts(o.parts, image.size())), image.size());
    out.root = open_image(std::move(image), std::move(borders));
    out.node = entries ? TRY(walk_image(*out.root, out.target.path, out.rest, cx)) : TRY(find_in_image(*out.root, out.target.path, cx));
    return out;
}

Result<void> is_as_it_was(const Opened& opened) {
    if (!opened.stamp) return {};
    auto now = stamp_of(opened.target.file);
    if (now == opened.stamp) return {};
    if (!now) return fail(Error::Kind::Io, std::string("the file can't be looked at again: ") + std::strerror(errno));
    return fail(Error::Kind::Io, "the file was changed while it was read: nothing was written");
}

void complain(std::string_view what, std::string_view why) {
    auto line = "fieldstrip: " + escape(what) + (what.empty() ? "" : ": ") + escape(why) + '\n';
    std::fflush(output());
    std::fwrite(line.data(), 1, line.size(), stderr);
}

int failed(std::string_view what, const Error& e) {
    complain(what, e.message);
    return e.kind == Error::Kind::Limit ? kStopped : kRefused;
}

int refuse_same(const std::string& a, const std::string& b, std::string_view what, std::string_view why) {
    auto same = same_file(a, b);
    if (!same) return failed("", same.error());
    if (*same) return complain(what, why), kUsage;
    return kDone;
}

int finished(const Context& cx, bool something_to_know, std::string_view what) {
    if (auto good = cx.undisturbed(); !good) return failed(what, good.error());
    if (!cx.complete()) {
        complain(what, "stopped at the limit " + cx.stopped_by() + "; what is shown is right, but not all: --limit " + cx.stopped_by() +
                           "=… raises it");
        return kStopped;
    }
    return something_to_know ? kSomething : kDone;
}

void put(std::string_view s) { put_bytes(as_bytes(s)); }
bool put_bytes(ByteView b) { return std::fwrite(b.data(), 1, b.size(), output()) == b.size(); }
FILE* output() {
    // stdio forgets what it holds when a signal meets its write: this one's is done again.
    static FILE* const file = [] {
        auto write_all = [](void*, const char* p, size_t n) -> ssize_t {
            for (size_t at = 0; at < n;) {
                auto done = ::write(STDOUT_FILENO, p + at, n - at);
                if (done < 0 && errno == EINTR && !alarm().signal) continue;
                if (done <= 0) return ssize_t(at);
                at += size_t(done);
            }
            return ssize_t(n);
        };
        FILE* out = fopencookie(nullptr, "w", {.read = nullptr, .write = write_all, .seek = nullptr, .close = nullptr});
        if (out && isatty(STDOUT_FILENO)) std::setvbuf(out, nullptr, _IOLBF, BUFSIZ);
        return out ? out : stdout;
    }();
    return file;
}
JsonWriter json_out() { return JsonWriter(put); }

}  // namespace fieldstrip::cli
