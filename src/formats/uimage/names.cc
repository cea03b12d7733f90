#include "formats/uimage/names.h"

namespace fieldstrip::uimage {

const Names kSystems = {{0, "invalid"},   {1, "openbsd"},
                        {2, "netbsd"},    {3, "freebsd"},
                        {4, "4_4bsd"},    {5, "linux"},
                        {6, "svr4"},      {7, "esix"},
                        {8, "solaris"},   {9, "irix"},
                        {10, "sco"},      {11, "dell"},
                        {12, "ncr"},      {13, "lynxos"},
                        {14, "vxworks"},  {15, "psos"},
                        {16, "qnx"},      {17, "u-boot"},
                        {18, "rtems"},    {19, "artos"},
                        {20, "unity"},    {21, "integrity"},
                        {22, "ose"},      {23, "plan9"},
                        {24, "openrtos"}, {25, "arm-trusted-firmware"},
                        {26, "tee"},      {27, "opensbi"},
                        {28, "efi"},      {29, "elf"}};
const Names kMachines = {{0, "invalid"}, {1, "alpha"},    {2, "arm"},         {3, "x86"},    {4, "ia64"},      {5, "mips"},
                         {6, "mips64"},  {7, "powerpc"},  {8, "s390"},        {9, "sh"},     {10, "sparc"},    {11, "sparc64"},
                         {12, "m68k"},   {13, "nios"},    {14, "microblaze"}, {15, "nios2"}, {16, "blackfin"}, {17, "avr32"},
                         {18, "st200"},  {19, "sandbox"}, {20, "nds32"},      {21, "or1k"},  {22, "arm64"},    {23, "arc"},
                         {24, "x86_64"}, {25, "xtensa"},  {26, "riscv"}};
const Names kTypes = {{0, "invalid"},          {1, "standalone"},    {2, "kernel"},        {3, "ramdisk"},       {4, "multi"},
                      {5, "firmware"},         {6, "script"},        {7, "filesystem"},    {8, "flat_dt"},       {9, "kwbimage"},
                      {10, "imximage"},        {11, "ublimage"},     {12, "omapimage"},    {13, "aisimage"},     {14, "kernel_noload"},
                      {15, "pblimage"},        {16, "mxsimage"},     {17, "gpimage"},      {18, "atmelimage"},   {19, "socfpgaimage"},
                      {20, "x86_setup"},       {21, "lpc32xximage"}, {22, "loadable"},     {23, "rkimage"},      {24, "rksd"},
                      {25, "rkspi"},           {26, "zynqimage"},    {27, "zynqmpimage"},  {28, "zynqmpbif"},    {29, "fpga"},
                      {30, "vybridimage"},     {31, "tee"},          {32, "firmware_ivt"}, {33, "pmmc"},         {34, "stm32image"},
                      {35, "socfpgaimage_v1"}, {36, "mtk_image"},    {37, "imx8mimage"},   {38, "imx8image"},    {39, "copro"},
                      {40, "sunxi_egon"},      {41, "sunxi_toc0"},   {42, "fdt_legacy"},   {43, "renesas_spkg"}, {44, "starfive_spl"}};
const Names kCompressions = {{0, "none"}, {1, "gzip"}, {2, "bzip2"}, {3, "lzma"}, {4, "lzo"}, {5, "lz4"}, {6, "zstd"}};
const Names kFormats = {{1, "gzip"}, {2, "bzip2"}, {3, "lzma"}, {4, "lzop"}, {5, "lz4"}, {6, "zstd"}};

}  // namespace fieldstrip::uimage
