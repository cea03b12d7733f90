#include "formats/pe/names.h"

namespace fieldstrip::pe {

const Names kMachines = {
    {0, "any"},
    {0x14C, "i386"},
    {0x162, "R3000"},
    {0x166, "R4000"},
    {0x168, "R10000"},
    {0x184, "Alpha"},
    {0x1A2, "SH3"},
    {0x1A6, "SH4"},
    {0x1A8, "SH5"},
    {0x1C0, "ARM"},
    {0x1C2, "Thumb"},
    {0x1C4, "ARMNT"},
    {0x1D3, "AM33"},
    {0x1F0, "PowerPC"},
    {0x1F1, "PowerPC-FP"},
    {0x200, "IA-64"},
    {0x266, "MIPS16"},
    {0x284, "Alpha64"},
    {0x366, "MIPS-FPU"},
    {0x466, "MIPS16-FPU"},
    {0xEBC, "EFI-byte-code"},
    {0x5032, "RISC-V-32"},
    {0x5064, "RISC-V-64"},
    {0x5128, "RISC-V-128"},
    {0x6232, "LoongArch-32"},
    {0x6264, "LoongArch-64"},
    {0x8664, "x86-64"},
    {0x9041, "M32R"},
    {0xA641, "ARM64EC"},
    {0xAA64, "AArch64"},
};

const Names kSubsystems = {
    {0, "unknown"},
    {1, "native"},
    {2, "Windows-GUI"},
    {3, "Windows-console"},
    {5, "OS/2-console"},
    {7, "POSIX-console"},
    {8, "native-Win9x"},
    {9, "Windows-CE"},
    {10, "EFI-application"},
    {11, "EFI-boot-driver"},
    {12, "EFI-runtime-driver"},
    {13, "EFI-ROM"},
    {14, "Xbox"},
    {16, "boot-application"},
};

const Names kKinds = {{1, "X.509"}, {2, "PKCS-signed-data"}, {4, "TS-stack-signed"}, {0xEF0, "EFI-PKCS115"}, {0xEF1, "EFI-GUID"}};
const Names kRevisions = {{0x100, "1.0"}, {0x200, "2.0"}};

static constexpr std::string_view kAll[] = {
    "export",         "import", "resource",    "exception",    "certificates",     "relocation",   "debug",      "architecture",
    "global-pointer", "tls",    "load-config", "bound-import", "import-addresses", "delay-import", "clr-header", "reserved"};
const std::span<const std::string_view> kDirectories = kAll;

}  // namespace fieldstrip::pe
