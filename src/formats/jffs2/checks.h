// The checks of a node, told one by one. Names are those of the kernel's struct fields with the node's offset: "node_crc@0x1f4".
#pragma once
#include "formats/jffs2/volume.h"

namespace fieldstrip::jffs2 {

class Teller {
  public:
    Teller(ByteView bytes, Endian endian, const CheckSink& sink) : numbers_{bytes, endian}, endian_(endian), sink_(sink) {}
    /// Set while those of a file's content are told: its path, and the range of it.
    std::string_view entry = {};
    Extent within = {};

    void header(u64 at, bool dirt = false);
    /// node_crc and what lies under it. `dirt`: what is wrong is no failure.
    void fixed(const Node&, bool dirt);
    void body(const Node&, bool dirt);
    /// One that is not a sum: nothing is stored for it.
    void say(std::string_view what, u64 node, Extent covers, Check::Outcome);

  private:
    void compare(std::string_view what, u64 node, u64 at, Extent covers, u32 found, bool dirt);
    void put(std::string_view what, u64 node, Extent at, Extent covers, ByteView found, Check::Outcome);
    Numbers numbers_;
    Endian endian_;
    const CheckSink& sink_;
};

/// As a node of the scan.
Node node_of(const Ref&, u16 type);

}  // namespace fieldstrip::jffs2
