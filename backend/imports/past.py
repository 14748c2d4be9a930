"""Imports so far: whether a file was brought in before, and which entries an import wrote."""

from collections.abc import Sequence
from typing import Final

from backend.office import Office
from projections.imports import IMPORTS, Import, resolved
from projections.recorded import Recorded, read
from projections.views import Condition, Query, ViewReader

PAGE: Final = 50


def standing(views: ViewReader, sha256: str) -> Import | None:
    """Return the import of a file, unless it was taken back since."""
    found = _select(views, (("sha256", "=", sha256), ("undone", "=", 0)), 1)
    return found[0] if found else None


def find(views: ViewReader, key: str) -> Import | None:
    """Return an import by its id."""
    document = views.load("imports", [key]).get(key)
    return None if document is None else resolved(key, IMPORTS.decode(document))


def newest(views: ViewReader, before: int = 0, most: int = PAGE) -> Sequence[Import]:
    """Return imports, the newest first: those at positions below `before`, if it is given."""
    where: tuple[Condition, ...] = (("brought", ">", 0),)
    if before:
        where = (*where, ("brought", "<", before))
    return _select(views, where, most)


def wrote(office: Office, one: Import) -> Sequence[Recorded]:
    """Return the entries that an import wrote, in their order."""
    brought = one.brought
    after = brought.sequence - 1 - brought.facts
    log = bytes.fromhex(brought.log)
    return [read(stored) for stored in office.store.read_log(log, after, brought.facts)]


def _select(views: ViewReader, where: tuple[Condition, ...], most: int) -> Sequence[Import]:
    query = Query(
        "imports", where=where, order=("brought",), falling=True, limit=most, document=True
    )
    rows = [resolved(row.key, IMPORTS.decode(row.document)) for row in views.select(query)]
    return [one for one in rows if one is not None]
