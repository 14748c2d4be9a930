"""How long a durable answer takes on the tablet: its own process tells, `mobile.bench`."""

import json
import subprocess
import sys

from backend.bench.rounds import Measured
from backend.bench.workshop import Workshop

_PATIENCE = 300.0  # seconds


def measure(shop: Workshop) -> Measured:
    """Let the tablet answer questions in a folder of its own."""
    shop.tell("the tablet answers")
    answers = shop.times(400, 60)
    command = [sys.executable, "-m", "mobile.bench", str(shop.folder / "tablet"), str(answers)]
    done = subprocess.run(  # noqa: S603  it is our own
        command, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-600:])
    found = json.loads(done.stdout)
    return Measured({"tablet_answer_ms": found["all"]["p95"]}, found)
