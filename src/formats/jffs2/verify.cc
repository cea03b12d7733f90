// Every checksum of every node. Names are those of the kernel's struct fields with the node's offset: "node_crc@0x1f4".
#include "formats/jffs2/verify.h"

#include <charconv>

#include "formats/jffs2/scan.h"

namespace fieldstrip::jffs2 {
namespace {

using Outcome = Check::Outcome;

class Verifier {
  public:
    Verifier(ByteView bytes, Endian endian, const CheckSink& sink) : bytes_(bytes), numbers_{bytes, endian}, endian_(endian), sink_(sink) {}

    void node(const Node& node) {
        header(node.at);
        auto* shape = shape_of(node.type);
        if (!shape || !shape->node_crc) return;
        if (bytes_.size() - node.at < shape->size || node.totlen < shape->size) {  // not even its fixed part is there
            u64 there = std::min<u64>(node.totlen, bytes_.size() - node.at) - kHeader;
            tell("node_crc", node.at, {node.at + kHeader, 0}, {node.at + kHeader, there},
                 node.obsolete ? Outcome::Unchecked : Outcome::Fail);
            return;
        }
        // What is obsolete may have been half overwritten: nobody reads it.
        Extent head{node.at, shape->node_covers};
        compare("node_crc", node.at, node.at + shape->node_crc, head, node.obsolete);
        if (!shape->body_crc) return;
        u64 size = body_size(numbers_, node), room = std::min<u64>(node.totlen, bytes_.size() - node.at) - shape->size;
        Extent body{node.at + shape->size, std::min(size, room)}, at{node.at + shape->body_crc, 4};
        if (size <= room) return compare(shape->body_name, node.at, at.offset, body, node.obsolete);
        tell(shape->body_name, node.at, at, body, node.obsolete ? Outcome::Unchecked : Outcome::Fail);
    }

    /// Bytes where no good header is: those of a damaged one? `expected`: a node should begin here, since one ends here or erased flash
    /// does.
    void other(Extent e, bool expected) {
        for (u64 at = e.offset; at < e.end() && bytes_.size() - at >= kHeader; at += 4, expected = false) {
            u8 repaired[8];
            std::memcpy(repaired, bytes_.data() + at, 8);
            store({repaired, 2}, 2, endian_, kMagic);
            bool magic = numbers_.n16(at) == kMagic, crc = header_crc(repaired, endian_) == numbers_.n32(at + 8);
            // One thing is wrong and the rest speaks for a node. With magic and crc both right its length is senseless: then it is not
            // damage.
            if (magic != crc && (crc || expected || shape_of(numbers_.n16(at + 2) | kAccurate))) header(at);
        }
    }

  private:
    void header(u64 at) { say("hdr_crc", at, at + 8, {at, 8}, header_crc(bytes_.subspan(at, 8), endian_)); }
    void compare(std::string_view what, u64 node, u64 at, Extent covers, bool obsolete) {
        if (obsolete) return tell(what, node, {at, 4}, covers, Outcome::Unchecked);
        say(what, node, at, covers, crc_of(bytes_.subspan(covers.offset, covers.size)));
    }
    /// One that could not be computed.
    void tell(std::string_view what, u64 node, Extent at, Extent covers, Outcome outcome) { put(what, node, at, covers, {}, outcome); }
    void say(std::string_view what, u64 node, u64 at, Extent covers, u32 found) {
        u8 is[4];
        store(is, 4, Endian::Big, found);
        put(what, node, {at, 4}, covers, is, found == numbers_.n32(at) ? Outcome::Pass : Outcome::Fail);
    }
    void put(std::string_view what, u64 node, Extent at, Extent covers, ByteView found, Outcome outcome) {
        char name[40];
        char* end = std::copy(what.begin(), what.end(), name);
        end = std::copy_n("@0x", 3, end);
        end = std::to_chars(end, std::end(name), node, 16).ptr;
        u8 stored[4] = {};
        if (at.size == 4) store(stored, 4, Endian::Big, numbers_.n32(at.offset));
        sink_({{name, size_t(end - name)}, at, {&covers, 1}, ByteView(stored).first(at.size), found, outcome});
    }

    ByteView bytes_;
    Numbers numbers_;
    Endian endian_;
    const CheckSink& sink_;
};

}  // namespace

Result<void> Volume::verify(const CheckSink& sink, Context& cx) const {
    auto bytes = bytes_.view();
    Verifier verifier(bytes, endian_, sink);
    Scan scan(bytes, 0, endian_);
    bool expected = true;
    for (u64 steps = 1; auto step = scan.next(); steps++) {
        if (steps % 256 == 0) TRY_VOID(cx.spend(&Limits::decoded, 0));
        using Kind = Scan::Step::Kind;
        if (step->kind == Kind::Node || step->kind == Kind::Cut) verifier.node(step->node);
        if (step->kind == Kind::Other) verifier.other(step->extent, expected);
        expected = step->kind == Kind::Node || step->kind == Kind::Erased;
    }
    return {};
}

}  // namespace fieldstrip::jffs2
