"""Object coverage of domains in townships; small cells are hidden along rows and columns."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TypeAlias

from projections.figures import Figure, figure
from projections.question import Denominator

Key: TypeAlias = tuple[str, str]
"""Township and domain."""


def matrix(objects: Iterable[Denominator], visited: Collection[str]) -> dict[Key, Figure]:
    """Return the coverage of each domain in each township that has objects of it."""
    found: defaultdict[Key, list[str]] = defaultdict(list)
    for one in objects:
        found[one.township, one.domain].append(one.object)
    return {key: figure(keys, visited) for key, keys in sorted(found.items())}
