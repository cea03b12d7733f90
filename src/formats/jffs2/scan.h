// Walks over a space on a grid of 4 and says what lies there: nodes, erased flash, other bytes. Whatever reads a JFFS2 goes this way.
#pragma once
#include "formats/jffs2/disk.h"

namespace fieldstrip::jffs2 {

class Scan {
  public:
    struct Step {
        enum class Kind {
            Node,    // its header is good and it ends inside of the space
            Cut,     // its header is good but the space ends before it does; only its first 4 bytes are stepped over, as Linux does
            Erased,  // 0xFF
            Other,   // no node begins here; long runs come in pieces
        } kind;
        Extent extent;  // of a node: with the filler to the next place of the grid, as far as the space goes
        Node node = {};
    };
    /// The grid begins at `first`, which lies inside.
    Scan(ByteView space, u64 first, Endian endian) : numbers_{space, endian}, at_(first), endian_(endian) {}
    /// Nothing at the end of the space.
    std::optional<Step> next();

  private:
    Numbers numbers_;
    u64 at_;
    Endian endian_;
};

/// The node that begins at `at`, wherever it may end; nothing where no good header is.
std::optional<Node> node_at(ByteView space, u64 at, Endian);
/// The node that begins at `at` but for one flipped bit in its header; of a type that Linux knows, whole, and inside of the space.
std::optional<Node> node_but_for_a_bit(ByteView space, u64 at, Endian);
/// Whether the node's fixed part is there whole and (unless it is obsolete) its node_crc holds. A type that nobody knows is taken as it is.
bool node_crc_holds(ByteView space, const Node&, Endian);
/// Whether what follows the fixed part holds too; asks `node_crc_holds` before.
bool body_crc_holds(ByteView space, const Node&, Endian);

}  // namespace fieldstrip::jffs2
