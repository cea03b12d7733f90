// Where malloc's memory comes from.
#pragma once

namespace fieldstrip {

/// For who makes and drops much: what was one block is the next one's, and not the kernel's, who would clear it anew. Before there are
/// threads.
void keep_memory();
/// For who will touch tens of megabytes: from now on in huge pages, where the kernel has them, since each page that is touched first costs
/// a fault. A hint: nothing depends on it. Before there are threads.
void heap_in_huge_pages();
/// What each thread begins with.
void heap_of_thread();

}  // namespace fieldstrip
