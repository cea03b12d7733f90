"""What a run of the program may take, whatever it reads: the corpus's judge measures it. Under sanitizers it may take ten times as long, and memory is not counted:
theirs is many times the program's own. FIELDSTRIP_SECONDS is for machines that do much else meanwhile."""
import argparse, os, sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SOURCE_DIR"]) / "tests" / "corpus"))
from corpus import CORPUS, TOOL, need

need()
sys.path.insert(0, str(CORPUS))
from judge import MEMORY, Failed, Tool, shape

SANITIZED = b"__asan_init" in Path(TOOL).read_bytes()
SECONDS = float(os.environ.get("FIELDSTRIP_SECONDS", 10)) * (10 if SANITIZED else 1)
MEMORY = None if SANITIZED else MEMORY
# What a sanitizer finds ends the program with exit code 1 by itself, which here means something else.
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    os.environ[name] = ":".join(filter(None, (os.environ.get(name), "exitcode=99", "halt_on_error=1")))
bounded = Tool(argparse.Namespace(tool=[TOOL], timeout=SECONDS))
