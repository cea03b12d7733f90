// The page of an image that a command opened.
#pragma once
#include "cli/command.h"
#include "page/page.h"

namespace fieldstrip::cli {

/// The page of an image that was opened; `before`: of what it is held against, with what differs.
Result<page::Report> page_of(const Opened&, Context&, const std::string& before = {}, const Difference* = nullptr);
/// The name of its file, without folders.
std::string name_of(const Target&);

}  // namespace fieldstrip::cli
