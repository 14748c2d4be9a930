"""Object coverage of domains in townships, with small cells hidden along rows and columns.

A cell that stands for fewer than five homes is hidden. The sum of its row and the sum of its
column are told elsewhere, so in neither may a hidden cell stand alone: the smallest of the
others is hidden with it, until none can be worked out.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from projections.figures import Figure, figure
from projections.hidden import SMALL, WITH_IT, Homes, is_hidden
from projections.question import Denominator

Key: TypeAlias = tuple[str, str]
"""Township and domain."""


def matrix(objects: Iterable[Denominator], visited: Collection[str]) -> dict[Key, Figure]:
    """Return the coverage of each domain in each township that has objects of it."""
    found: defaultdict[Key, list[str]] = defaultdict(list)
    for one in objects:
        found[one.township, one.domain].append(one.object)
    return {key: figure(keys, visited) for key, keys in sorted(found.items())}


def hidden_cells(cells: Mapping[Key, Figure], homes: Homes) -> dict[Key, str]:
    """Return which cells are hidden, and what they read."""
    hidden = {key: SMALL for key, one in cells.items() if is_hidden(one, homes)}
    lines = [
        [key for key in cells if key[axis] == name]
        for axis in (0, 1)
        for name in sorted({key[axis] for key in cells})
    ]
    changed = True
    while changed:
        changed = False
        for line in lines:
            others = [key for key in line if key not in hidden]
            if len(line) - len(others) == 1 and others:
                hidden[min(others, key=lambda key: (len(cells[key].parts), key))] = WITH_IT
                changed = True
    return hidden
