// How far a PE image reaches (EFI programs are such), for formats whose images are one and something else besides.
#pragma once
#include "base/base.h"

namespace fieldstrip {

struct PeExtent {
    u16 machine = 0;
    Extent headers = {};                       // behind the DOS one, with the table of sections
    u64 data_end = 0;                          // the end of what its headers and sections take in the file
    u64 checksum_at = 0, certificates_at = 0;  // where these fields lie; 0: it has none
    Extent certificates = {};                  // who signed it: Authenticode's table, behind all else; of size 0: nobody
    u64 end() const { return std::max(data_end, certificates.end()); }
};

/// From the headers, which must be there; what they speak of may be cut. Nothing where they are none. Reads little and allocates nothing.
std::optional<PeExtent> pe_extent(ByteView there);

}  // namespace fieldstrip
