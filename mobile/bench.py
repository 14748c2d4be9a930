"""How long an answer takes until it is durable: `python -m mobile.bench FOLDER ANSWERS`.

Through the view-model that the screen uses, with its log, keys and store. Prints one object of
JSON: milliseconds of answers in clear, of sealed ones and of both, and of the review that the
screen asks for after each.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

from events import checklists
from events.answers import Slot, is_sealed
from events.checklists import Question
from events.clock import SystemClock
from events.ids import id_text
from mobile.inspection import Inspection, Place
from mobile.tablet_folder import TabletFolder

_FORM = "low_income_recheck"


def main(folder: Path, answers: int) -> None:
    """Answer the yes-or-no questions of a form in turn."""
    tablet = TabletFolder.begin(folder, os.urandom(32))
    try:
        clock = SystemClock()
        tablet.open_log(clock)
        form = checklists.bundled()[_FORM]
        place = Place(
            object=id_text(os.urandom(16)),
            object_type="low_income_household",
            domain="social_assistance",
            township="440804001",
        )
        inspection = Inspection.start(
            tablet.device_log(clock), form, place, officer=id_text(os.urandom(16))
        )
        asked = [one for one in form.questions if one.type == "yes_no_na"]
        found = _timed(inspection, asked, answers)
    finally:
        tablet.close()
    sys.stdout.write(json.dumps({name: _described(took) for name, took in found.items() if took}))


def _timed(
    inspection: Inspection, asked: Sequence[Question], answers: int
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"all": [], "clear": [], "sealed": [], "review": []}
    for turn in range(answers):
        question = asked[turn % len(asked)]
        value = "yes" if turn // len(asked) % 2 else "no"
        took = _seconds(lambda q=question, v=value: inspection.answer(Slot(q.id), v))
        found["all"].append(took)
        found["review"].append(_seconds(lambda: inspection.review))
        found["sealed" if is_sealed(question) else "clear"].append(took)
    return found


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _described(seconds: Sequence[float]) -> dict[str, float]:
    p95 = quantiles(seconds, n=20)[-1]
    return {"p50": _ms(median(seconds)), "p95": _ms(p95), "rounds": len(seconds)}


def _ms(seconds: float) -> float:
    return float(f"{seconds * 1000:.4g}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
