// The handlers of signals: an end that is asked for is a tidy one, and a file that shrinks under its mapping is no crash.
#pragma once
#include "model/context.h"

namespace fieldstrip::cli {

/// SIGINT, SIGTERM and SIGHUP (the first of them; a second one ends at once), SIGBUS; SIGPIPE is ignored. Once, before there are threads.
void install_handlers();
/// What they saw; for each Context.
const Alarm& alarm();
/// Ends the process by the signal that asked for it, so that whoever waits sees it; returns where there was none.
void end_as_asked();

}  // namespace fieldstrip::cli
