"""Small demos for tests: built by the real command, with a real server and real tablets."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path

XUNJI = (sys.executable, "-c", "from events.command import main; main()")
SCALE = "0.01"


def build(data: Path, seed: int = 1) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*XUNJI, "demo", "--data", str(data), "--seed", str(seed), "--scale", SCALE, "--no-serve"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: "subprocess.Popen[str]") -> str:
    said, wrong = process.communicate(timeout=300)
    assert process.returncode == 0, wrong
    return said


def head(data: Path) -> str:
    return str(json.loads((data / "demo.json").read_bytes())["built"]["head"])


def built_once(data: Path) -> Path:
    """Build the demo of seed 1 at `data`, unless another process of this test run did."""
    with data.with_name("demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        finished(build(data))  # what is built already is left as it is
    return data
