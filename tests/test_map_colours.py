"""Colours of the coverage map: states that ask for different things look different to everybody."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from backend import assets
from backend.map_words import looks
from backend.pages import Pages

SHEET = (Path(assets.FOLDER) / "map.css").read_text()
LIGHT, DARK = SHEET.split("@media screen and (prefers-color-scheme: dark)")[:2]
DARK = DARK.partition("/* ── looks")[0]
STATES = [one.look for one in looks("state", Pages.words("en"))]

# Machado, Oliveira, Fernandes 2009, severity 1: what is left of linear red, green and blue.
SIGHT = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
TOLD_APART = 11  # of CIELAB's ΔE: ten times what two neighbouring patches need


def values(scheme: str) -> dict[str, str]:
    """Return the variables of the sheet as they are in light or in dark."""
    found = dict(re.findall(r"--map-([\w-]+): ([^;]+);", LIGHT))
    return found | (dict(re.findall(r"--map-([\w-]+): ([^;]+);", DARK)) if scheme == "dark" else {})


def lab(colour: str, sight: str) -> tuple[float, float, float]:
    """Return a colour in CIELAB (D65), as one sees it."""
    rgb = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in rgb]
    seen = [min(1, max(0, dot(row, linear))) for row in SIGHT[sight]]
    x = dot((0.4124, 0.3576, 0.1805), seen) / 0.95047
    y = dot((0.2126, 0.7152, 0.0722), seen)
    z = dot((0.0193, 0.1192, 0.9505), seen) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def dot(row: tuple[float, ...], column: list[float]) -> float:
    return sum(one * other for one, other in zip(row, column, strict=True))


def apart(one: str, other: str, sight: str) -> float:
    pairs = zip(lab(one, sight), lab(other, sight), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_states_differ_by_their_mark_or_clearly_by_their_colour(
    scheme: str, sight: str
) -> None:
    sheet = values(scheme)
    alike = [
        (one, other)
        for one, other in combinations(STATES, 2)
        if sheet.get(f"{one}-mark") == sheet.get(f"{other}-mark")
        and apart(sheet[one], sheet[other], sight) < TOLD_APART
    ]

    assert alike == []


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_inspected_what_never_was_and_what_is_overdue_differ_by_colour_alone(
    scheme: str, sight: str
) -> None:
    sheet = values(scheme)
    asked = ("never", "earlier", "nothing_found", "findings", "overdue")

    least = min(apart(sheet[one], sheet[other], sight) for one, other in combinations(asked, 2))

    assert least >= TOLD_APART


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scale", ["done", "late"])
def test_a_scale_goes_one_way_in_lightness(scale: str, scheme: str, sight: str) -> None:
    sheet = values(scheme)
    light = [lab(sheet[f"{scale}-{number}"], sight)[0] for number in range(1, 6)]
    steps = [after - before for before, after in pairwise(light)]

    assert all(step < -4 for step in steps) or all(step > 4 for step in steps), steps


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_mark_is_seen_on_its_ground(scheme: str) -> None:
    sheet = values(scheme)
    marked = [name.removesuffix("-mark") for name in sheet if name.endswith("-mark")]

    assert {"never", "findings", "overdue", "hidden"} <= set(marked)
    for one in marked:
        ground, ink = lab(sheet[one], "all")[0], lab(sheet[f"{one}-ink"], "all")[0]
        assert abs(ground - ink) > 20, one


def test_every_look_has_its_colour_and_its_rule() -> None:
    words = Pages.words("en")
    names = {
        one.look for name in ("state", "object_coverage", "overdue") for one in looks(name, words)
    }

    for name in names:
        assert f"--map-{name}:" in LIGHT
        assert f".{name}.look {{ fill: var(--map-{name}); }}" in SHEET
