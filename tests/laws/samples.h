// Every sample of every format folder, and what the laws ask of a tree.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/rebuild.h"
#include "engine/store.h"
#include "engine/verifier.h"

namespace fieldstrip::laws {

struct Sample {
    std::string format, name;
    std::filesystem::path path;
    Bytes bytes() const { return read(path); }
    /// Ranges in which any flipped bit must make a check fail: from NAME.covered, written by the maker of the sample.
    std::vector<Extent> covered() const {
        std::vector<Extent> out;
        std::ifstream in(std::filesystem::path(path).replace_extension("covered"));
        for (u64 offset, size; in >> offset >> size;) out.push_back({offset, size});
        return out;
    }
    static Bytes read(const std::filesystem::path& p) {
        std::ifstream in(p, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

inline void PrintTo(const Sample& s, std::ostream* out) { *out << s.format << "/" << s.name; }

inline std::vector<Sample> samples() {
    std::vector<Sample> out;
    for (auto& dir : std::filesystem::directory_iterator(SOURCE_DIR "/src/formats"))
        for (auto& file : std::filesystem::directory_iterator(dir.path() / "samples"))
            if (file.path().extension() == ".bin")
                out.push_back({dir.path().filename().string(), file.path().stem().string(), file.path()});
    std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return std::tie(a.format, a.name) < std::tie(b.format, b.name); });
    return out;
}

/// As every byte of a damaged image may be: grows the whole tree, verifies, rebuilds; asserts tiling and identity.
inline void hold(const Bytes& bytes, const std::string& what) {
    SCOPED_TRACE(what);
    Limits limits;
    limits.decoded = u64{64} << 20;
    Context cx(limits);
    auto root = open_image(Buffer::own(bytes));
    std::function<void(Node&)> grow = [&](Node& n) {
        auto space = n.bytes(cx);
        if (!space) return;
        if (is_known(*n.format(cx))) {
            auto item = n.item(cx);
            if (item) {
                u64 at = 0;
                for (auto& p : (*item)->layout.pieces) {
                    ASSERT_EQ(p.extent.offset, at) << n.path() << " " << p.name;
                    at = p.extent.end();
                }
                ASSERT_EQ(at, space->size()) << n.path();
                auto same = rebuild((*item)->layout, *space, {});
                ASSERT_TRUE(same.has_value());
                ASSERT_TRUE(equal(same->rope.joined().view(), space->view())) << n.path();
            }
        }
        auto kids = n.children(cx);
        if (!kids) return;
        u64 at = 0;
        for (auto& c : *kids) {
            if (c->kind == Node::Kind::Region) {
                ASSERT_EQ(c->extent().offset, at) << c->path();
                ASSERT_GT(c->extent().size, 0u) << c->path();
                at = c->extent().end();
            } else if (c->kind == Node::Kind::Part) {
                ASSERT_LE(c->extent().end(), space->size()) << c->path();
            }
            (void)c->findings(cx);
            grow(*c);
        }
        if (n.format(cx) == &raw && !kids->empty()) ASSERT_EQ(at, space->size()) << n.path();
    };
    grow(*root);
    (void)verify_and_count(*root, [](const NodeCheck&) {}, cx);
    Plan plan;
    auto same = rebuild(*root, {}, {}, plan, cx);
    ASSERT_TRUE(same.has_value());
    ASSERT_TRUE(equal(same->joined().view(), bytes));
}

struct Failure {
    std::string path, check;
    std::vector<Extent> extents;  // absolute: what it covers, and where the value lies
};
/// The checks that fail, outside of decoded bytes.
inline std::vector<Failure> failures(const Bytes& bytes) {
    Context cx;
    auto root = open_image(Buffer::own(bytes));
    std::vector<Failure> out;
    (void)verify(
        *root,
        [&](const NodeCheck& c) {
            if (c.check.outcome != Check::Outcome::Fail || !c.node.at()) return;
            u64 at = *c.node.at() + c.shift;
            Failure f{c.node.path(), std::string(c.check.name), {{at + c.check.at.offset, c.check.at.size}}};
            for (auto& e : c.check.covers) f.extents.push_back({at + e.offset, e.size});
            out.push_back(std::move(f));
        },
        cx);
    return out;
}

}  // namespace fieldstrip::laws
