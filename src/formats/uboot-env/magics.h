// The bytes by which uboot-env is found: names of variables.
#pragma once
#include "model/magic.h"

namespace fieldstrip::magics {

/// Of those that U-Boot itself reads (env/common.c, doc/usage/environment.rst) nearly every environment has one.
inline constexpr Magic uboot_env[] = {{"bootcmd="},           {"bootargs="}, {"bootdelay="}, {"baudrate="}, {"ethaddr="}, {"ipaddr="},
                                      {"serverip="},          {"stdin="},    {"mtdparts="},  {"bootfile="}, {"ethact="},  {"bootcount="},
                                      {"upgrade_available="}, {"boot_part="}};

}  // namespace fieldstrip::magics
