// The laws of docs/design.md, run for each sample of each format.
#include "engine/editor.h"
#include "engine/extractor.h"
#include "engine/folder.h"
#include "engine/proof.h"
#include "tests/laws/samples.h"
#include "tests/random.h"

namespace fieldstrip::laws {
namespace {

class Law : public testing::TestWithParam<Sample> {
  protected:
    Bytes bytes = GetParam().bytes();
    Context cx;
    std::unique_ptr<Node> root = open_image(Buffer::own(bytes));
    /// The region that the sample is.
    Node& region() {
        auto kids = root->children(cx);
        return *(*kids)[0];
    }
    std::string guide() {
        auto dir = GetParam().path.parent_path().parent_path();
        auto text = Sample::read(dir / (GetParam().format + ".md"));
        return {text.begin(), text.end()};
    }
};

TEST_P(Law, IsWhatItsFolderSays) { EXPECT_EQ(region().format(cx)->id, GetParam().format); }

TEST_P(Law, TilingAndIdentity) { hold(bytes, GetParam().name); }

TEST_P(Law, ExtractAndRepackIsIdentical) {
    auto dir = testing::TempDir() + "fieldstrip-" + GetParam().format + "-" + GetParam().name;
    std::filesystem::remove_all(dir);
    auto done = extract(*root, *root, {.folder = dir, .image_name = GetParam().name}, cx);
    ASSERT_TRUE(done.has_value()) << done.error().message;
    auto folder = Folder::open(dir, cx);
    ASSERT_TRUE(folder.has_value()) << folder.error().message;
    EXPECT_TRUE(folder->changes().empty());
    std::filesystem::remove(dir + "/.fieldstrip/original");
    std::vector<std::string> warnings;
    auto made = remake(*folder, false, warnings, cx);
    // What can't be encoded again as its maker did must be listed: "- not remade: NAME: why".
    if (guide().find("- not remade: " + GetParam().name) != std::string::npos) {
        if (made) EXPECT_FALSE(equal(made->joined().view(), bytes)) << "listed as an exception, and is none";
    } else {
        ASSERT_TRUE(made.has_value()) << made.error().message;
        EXPECT_TRUE(equal(made->joined().view(), bytes)) << (warnings.empty() ? "" : warnings[0]);
    }
    std::filesystem::remove_all(dir);
}

/// Another value for a field: numbers change a bit, texts and raw bytes a character.
std::string other_value(const Piece& p, const std::string& value, ByteView b) {
    if (p.kind == Piece::Kind::Number) return std::to_string(load(b, unsigned(b.size()), p.endian) ^ 1);
    if (p.kind == Piece::Kind::Raw) return (value[0] == '0' ? "1" : "0") + value.substr(1);
    return value.empty() || value[0] != 'x' ? "x" : "y";
}

TEST_P(Law, SetAndSetBack) {
    auto item = region().item(cx);
    ASSERT_TRUE(item.has_value());
    for (auto& p : (*item)->layout.pieces) {
        if (!p.is_field() || p.rule || p.name.empty() || !p.extent.size) continue;
        SCOPED_TRACE(p.name);
        ByteView was_bytes = ByteView(bytes).subspan(p.extent.offset, p.extent.size);
        auto was = show(p, was_bytes);
        auto parsed = parse(p, was);
        ASSERT_TRUE(parsed.has_value());
        EXPECT_TRUE(equal(*parsed, was_bytes)) << "show and parse are not each other's inverse: " << was;
        auto edited = [&](const Bytes& image, const std::string& value) -> Result<Bytes> {
            auto before = open_image(Buffer::own(image));
            Changes changes;
            auto kids = TRY(before->children(cx));
            changes[kids[0].get()].fields.emplace_back(p.name, value);
            Plan plan;
            auto rope = TRY(rebuild(*before, changes, {}, plan, cx));
            auto made = rope.joined();
            auto after = open_image(made);
            TRY_VOID(prove(*before, *after, changes, plan, false, cx));
            return Bytes(made.view().begin(), made.view().end());
        };
        auto now = edited(bytes, other_value(p, was, was_bytes));
        if (!now) {  // refused: another value would be another structure
            EXPECT_EQ(now.error().kind, Error::Kind::Unsupported) << now.error().message;
            continue;
        }
        EXPECT_NE(*now, bytes);
        EXPECT_TRUE(failures(*now).empty());
        auto back = edited(*now, was);
        ASSERT_TRUE(back.has_value()) << back.error().message;
        EXPECT_EQ(*back, bytes);
    }
}

TEST_P(Law, FlippedBitsAreSeen) {
    auto before = failures(bytes);
    EXPECT_TRUE(before.empty());
    u64 total = 0;
    for (auto& e : GetParam().covered()) total += e.size;
    const u64 step = std::max<u64>(1, total / 600);  // all of a small sample
    u64 n = 0;
    for (auto& e : GetParam().covered()) {
        ASSERT_LE(e.end(), bytes.size());
        for (u64 at = e.offset; at < e.end(); at++) {
            if (n++ % step) continue;
            auto damaged = bytes;
            damaged[at] ^= u8(1 << (at % 8));
            bool seen = false;
            for (auto& f : failures(damaged))
                for (auto& x : f.extents) seen = seen || x.holds({at, 1});
            EXPECT_TRUE(seen) << "byte " << at << " bit " << at % 8;
        }
    }
}

TEST_P(Law, PrefixesAndExtremes) {
    const bool small = bytes.size() <= 512;
    const u64 step = small ? 1 : std::max<u64>(1, bytes.size() / 150);
    for (u64 size = 0; size < bytes.size(); size += size < 80 ? 1 : step)
        hold(Bytes(bytes.begin(), bytes.begin() + i64(size)), "prefix " + std::to_string(size));
    for (u64 at = 0; small && at < bytes.size(); at++) {
        auto changed = bytes;
        changed[at] ^= u8(1 + at % 255);
        hold(changed, "byte " + std::to_string(at));
    }
    auto item = region().item(cx);
    ASSERT_TRUE(item.has_value());
    for (auto& p : (*item)->layout.pieces) {
        if (p.kind != Piece::Kind::Number) continue;
        for (u64 v : {u64{0}, u64{1}, u64{0x7FFFFFFF}, ~u64{0}}) {
            auto changed = bytes;
            store(std::span(changed).subspan(p.extent.offset, p.extent.size), unsigned(p.extent.size), p.endian, v);
            hold(changed, p.name + " = " + std::to_string(v));
        }
    }
    Random r{7};
    for (int i = 0; i < 60; i++) {
        auto changed = bytes;
        for (int k = 0; k < 4; k++) changed[r.below(std::min<u64>(changed.size(), i < 40 ? 200 : changed.size()))] ^= u8(1 << r.below(8));
        hold(changed, "random flips " + std::to_string(i));
    }
}

TEST_P(Law, AnywhereWithTheSameExtent) {
    for (u64 offset : {1u, 4u, 4097u}) {
        Random r{offset};
        auto image = r.noise(offset);
        image.back() = 0x5A;
        image.insert(image.end(), bytes.begin(), bytes.end());
        auto behind = r.noise(333);
        behind[0] = 0xA5;
        // What writes no end of its own has nothing behind it.
        if (guide().find("- ends with its space") == std::string::npos) image.insert(image.end(), behind.begin(), behind.end());
        auto moved = open_image(Buffer::own(image));
        bool found = false;
        auto kids = moved->children(cx);
        for (auto& c : *kids)
            found = found || (c->format(cx)->id == GetParam().format && c->extent() == Extent{offset, region().extent().size});
        EXPECT_TRUE(found) << "at " << offset;
    }
}

INSTANTIATE_TEST_SUITE_P(Samples, Law, testing::ValuesIn(samples()), [](auto& p) {
    auto name = p.param.format + "_" + p.param.name;
    for (auto& c : name) c = std::isalnum(u8(c)) ? c : '_';
    return name;
});

TEST(Threads, TheMapIsTheSameForAnyNumber) {
    Random r{3};
    Bytes image;
    for (auto& s : samples()) {
        auto noise = r.noise(700'000);
        image.insert(image.end(), noise.begin(), noise.end());
        auto b = s.bytes();
        image.insert(image.end(), b.begin(), b.end());
    }
    auto buffer = Buffer::own(image);
    std::vector<std::pair<Extent, std::string_view>> first;
    for (unsigned threads : {1u, 2u, 8u}) {
        Context cx({}, threads);
        std::vector<std::pair<Extent, std::string_view>> now;
        for (auto& t : map_space(buffer, {}, cx)) now.emplace_back(t.extent, t.format->id);
        if (first.empty()) first = now;
        EXPECT_EQ(now, first) << threads;
    }
    EXPECT_GT(first.size(), samples().size());
}

}  // namespace
}  // namespace fieldstrip::laws
