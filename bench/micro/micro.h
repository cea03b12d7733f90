// What the micro-benchmarks share: the bytes that they go over, and how one is added with the machine's own limit beside it.
#pragma once
#include "base/base.h"

namespace fieldstrip::micro {

constexpr u64 kSize = u64{8} << 20;

/// Makes the bytes when they are wanted.
using Content = std::function<std::shared_ptr<const Bytes>()>;

// Each of kSize, always the same, and kept.
std::shared_ptr<const Bytes> noise();
std::shared_ptr<const Bytes> text();   // words, some of them often
std::shared_ptr<const Bytes> code();   // as a library has it: instructions of 4 bytes, tables of small numbers, names
std::shared_ptr<const Bytes> zeros();  // one run
std::shared_ptr<const Bytes> runs();   // of 1 to 4096 equal bytes, with a little noise between them
std::shared_ptr<const Bytes> mixed();  // a part of each: what codecs get
/// `magic` again and again, in 256 KiB: where time grows with the square, that is a second and not an hour.
Content repeated(std::string_view magic);

using Work = std::function<void(ByteView)>;
/// Adds one: `work` goes over all of the content once. It is told as bytes of the content a second, beside a plain read of the same memory
/// that is timed in the same run. A name is "group/what".
void add(const std::string& name, const Content&, const Work&);
/// The same where something has to be made of the content first, which does not count.
void add_prepared(const std::string& name, const Content&, std::function<Work(ByteView)> prepare);
/// A result that the compiler may not leave out.
void keep(u64);
/// Ends the program: a benchmark that does not do its work would look fast.
[[noreturn]] void wrong(const std::string& what);
template <class T>
T must(Result<T> r, const char* what) {
    if (!r) wrong(std::string(what) + ": " + r.error().message);
    if constexpr (!std::is_void_v<T>) return *std::move(r);
}

// The groups, a file each.
void add_scanner();
void add_digests();
void add_looks();
void add_decoders();
void add_encoders();

}  // namespace fieldstrip::micro
