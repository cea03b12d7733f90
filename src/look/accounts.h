// Who may log in, what runs by itself, and who may do what to files: concerns by the places of files.
#pragma once
#include "engine/entries.h"
#include "look/finds.h"

namespace fieldstrip {

/// Of the content of a file, by its name and its lines.
void find_accounts(const Space&, Found&);
void find_services(const Space&, Found&);
/// Of the entries of a file system alone.
void find_modes(const std::string& path, const EntryList&, Found&);
void find_daemons(const std::string& path, const EntryList&, Found&);

}  // namespace fieldstrip
