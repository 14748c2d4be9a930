"""Mutation testing of `projections/`: is each line of the rules held by a test? `make mutants`.

mutmut changes one thing at a time and runs the tests that reach it, in workers forked after all
was imported. What ran when modules were imported (declared views, published tables) ran before
the change was switched on, so such mutants, should they live, are tried once more, each in an
interpreter of its own. The settings are in `pyproject.toml`, the survivors in docs/mutants.md.

    python make/mutants.py [pattern …]      run what has not been run, or all that match; sum up
    python make/mutants.py --told           sum up what was run
"""

import json
import os
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final, NamedTuple

LEAST: Final = 85  # per cent
TREE: Final = Path("mutants")
LIMIT_S: Final = 180  # no module that a mutant lets be imported takes as long

SURVIVED, KILLED, NO_TESTS, TIMEOUT = 0, 1, 33, 36
_WORDS: Final = {
    None: "not run",
    SURVIVED: "survived",
    KILLED: "killed",
    3: "killed",
    5: "no tests",
    NO_TESTS: "no tests",
    TIMEOUT: "timeout",
    24: "timeout",
    -24: "timeout",
}

_ON_IMPORT: Final = """
import importlib, json, pathlib
from mutmut.state import state
for path in sorted(pathlib.Path("projections").rglob("*.py")):
    importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
print(json.dumps(sorted(state()._stats)))
"""


class Settings(NamedTuple):
    """What pytest is asked to run for a mutant."""

    arguments: Sequence[str]
    tests: Sequence[str]


def main(arguments: Sequence[str]) -> int:
    """Run, try again what runs on import, and sum up: 1 if too few were killed or not all ran."""
    if "--told" not in arguments:
        subprocess.run([_beside("mutmut"), "run", *arguments], check=True)
        _again(arguments)
    return _sum_up()


def _again(patterns: Sequence[str]) -> None:
    """Try living mutants of functions that run on import, each in an interpreter of its own."""
    once = _run_on_import()
    alive = [
        name
        for _, codes in _metas()
        for name, code in codes.items()
        if code in (SURVIVED, NO_TESTS)
        and _function(name) in once
        and (not patterns or any(fnmatch(name, pattern) for pattern in patterns))
    ]
    settings = _settings()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tried = pool.map(lambda name: _alone(name, settings), alive)
        for name, verdict in zip(alive, tried, strict=True):
            _keep(name, verdict)


def _alone(mutant: str, settings: Settings) -> int:
    command = [sys.executable, "-m", "pytest", "-x", "-q", *settings.arguments, *settings.tests]
    try:
        done = subprocess.run(
            command,
            cwd=TREE,
            env={**os.environ, "MUTANT_UNDER_TEST": mutant},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return TIMEOUT
    return KILLED if done.returncode else SURVIVED


def _run_on_import() -> set[str]:
    """Return the functions that are called when the modules are imported."""
    told = subprocess.run(
        [sys.executable, "-c", _ON_IMPORT],
        cwd=TREE,
        env={**os.environ, "MUTANT_UNDER_TEST": "stats", "PYTHONPATH": "."},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return set(json.loads(told.stdout))


def _settings() -> Settings:
    read = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]
    return Settings(read["pytest_add_cli_args"], read["pytest_add_cli_args_test_selection"])


# ── what mutmut keeps ──────────────────────────────────────────────────────────────


def _metas() -> Iterator[tuple[Path, Mapping[str, int | None]]]:
    for path in sorted((TREE / "projections").rglob("*.meta")):
        yield path, json.loads(path.read_text())["exit_code_by_key"]


def _keep(mutant: str, verdict: int) -> None:
    for path, codes in _metas():
        if mutant in codes:
            kept: dict[str, Any] = json.loads(path.read_text())
            kept["exit_code_by_key"][mutant] = verdict
            path.write_text(json.dumps(kept, indent=4))


def _function(mutant: str) -> str:
    return mutant.rpartition("__mutmut_")[0]


def _sum_up() -> int:
    by: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, codes in _metas():
        for name, code in codes.items():
            by[".".join(name.split(".")[:2])][_WORDS.get(code, "killed")] += 1
    for module, counted in sorted(by.items()):
        print(_line(module, counted))
    whole = sum(by.values(), Counter[str]())
    print(_line("all", whole))
    if whole["not run"]:
        print(f"{whole['not run']:,} of {whole.total():,} were not run: run it again")
    return int(_rate(whole) < LEAST or whole["not run"] > 0)


def _line(name: str, counted: Counter[str]) -> str:
    words = (*dict.fromkeys(_WORDS.values()),)
    told = ", ".join(f"{counted[word]} {word}" for word in words if counted[word])
    return f"{name:32} {_rate(counted):5.1f} %  {told}"


def _rate(counted: Counter[str]) -> float:
    """Return how many of 100 were killed, of those that were run; no tests is not killed."""
    run = counted.total() - counted["not run"]
    return 100 * (counted["killed"] + counted["timeout"]) / run if run else 0.0


def _beside(tool: str) -> str:
    return str(Path(sys.executable).parent / tool)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
