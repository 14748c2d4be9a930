"""What an OData client may ask: read strictly, and what is not offered is refused by name.

`$filter` is read by the grammar of `odata-query`; of what that understands, comparisons joined
by `and` are offered, on the members and with the operators that a set names.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, cast

from odata_query import ast  # pyright: ignore[reportMissingTypeStubs]
from odata_query.exceptions import ODataException  # pyright: ignore[reportMissingTypeStubs]
from odata_query.grammar import (  # pyright: ignore[reportMissingTypeStubs]
    ODataLexer,
    ODataParser,
)

from backend.exports.odata_sets import EntitySet, Operator

OFFERED: Final = frozenset(
    ("$top", "$skiptoken", "$select", "$filter", "$orderby", "$count", "$format")
)
_LONGEST: Final = 2_000  # characters of a filter
_OPERATORS: Final[Mapping[type[Any], Operator]] = {ast.Eq: "eq", ast.GtE: "ge", ast.LtE: "le"}


class ODataError(Exception):
    """A question that is wrong (400), unknown (404), or not offered (501)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def wrong(message: str) -> ODataError:
    """Return the refusal of what cannot be read."""
    return ODataError(400, "bad-request", message)


def unoffered(what: str) -> ODataError:
    """Return the refusal of what OData knows and this feed has not."""
    return ODataError(501, "not-implemented", f"not offered: {what}")


def read_filter(text: str, of: EntitySet) -> dict[tuple[str, Operator], Any]:
    """Read `$filter`; each member may be compared once with each operator."""
    if not text:
        return {}
    if len(text) > _LONGEST:
        raise wrong("$filter is too long")
    try:
        parsed: Any = ODataParser().parse(ODataLexer().tokenize(text))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    except (ODataException, RecursionError) as unreadable:
        raise wrong(f"$filter cannot be read: {text[:80]}") from unreadable
    found: dict[tuple[str, Operator], Any] = {}
    for name, operator, value in _comparisons(parsed, of):
        if found.get((name, operator), value) != value:
            raise unoffered(f"{name} {operator} twice")
        found[name, operator] = value
    return found


def _comparisons(node: Any, of: EntitySet) -> Iterator[tuple[str, Operator, Any]]:  # noqa: ANN401  a tree without types
    match node:
        case ast.BoolOp(op=ast.And(), left=left, right=right):
            yield from _comparisons(left, of)
            yield from _comparisons(right, of)
        case ast.Compare(comparator=comparator, left=ast.Identifier() as left, right=right):
            yield _comparison(comparator, left, right, of)
        case _:
            raise unoffered("$filter beyond comparisons joined by `and`")


def _comparison(comparator: Any, left: Any, right: Any, of: EntitySet) -> tuple[str, Operator, Any]:  # noqa: ANN401  a tree without types
    name = str(left.full_name())
    if name not in of.members:
        raise wrong(f"{of.kind} has no {name}")
    operator = _OPERATORS.get(cast("type[Any]", type(comparator)))
    if operator is None or operator not in of.filters.get(name, ()):
        said = ", ".join(f"{one} {'/'.join(how)}" for one, how in of.filters.items())
        raise unoffered(f"this comparison of {name}; there are: {said}")
    return name, operator, _value(name, right, of)


def _value(name: str, node: Any, of: EntitySet) -> str | bool | date:  # noqa: ANN401  a tree without types
    match of.members[name], node:
        case "Edm.Boolean", ast.Boolean(val=text):
            return str(text).lower() == "true"
        case "Edm.String", ast.String(val=text):
            return text
        case "Edm.Date", ast.Date(val=text):
            try:
                return date.fromisoformat(text)
            except ValueError as none:
                raise wrong(f"{text} is no day") from none
        case kind, _:
            raise wrong(f"{name} is compared with {kind}")


def read_order(text: str, of: EntitySet) -> tuple[str, bool]:
    """Read `$orderby`: a member, and whether it falls."""
    default = next(iter(of.orders), "")
    if not text:
        return default, bool(of.orders) and of.orders[default][0]
    words = text.split()
    if len(words) > 2 or words[1:] not in ([], ["asc"], ["desc"]):  # noqa: PLR2004  name, direction
        raise unoffered(f"$orderby={text[:80]}")
    falling = words[1:] == ["desc"]
    if falling not in of.orders.get(words[0], ()):
        raise unoffered(f"$orderby={text[:80]}")
    return words[0], falling


def read_select(text: str, of: EntitySet) -> tuple[str, ...]:
    """Read `$select`; all members where it says none, or `*`."""
    names = tuple(one.strip() for one in text.split(",") if one.strip())
    if not names or names == ("*",):
        return tuple(of.members)
    for name in names:
        if name not in of.members:
            raise wrong(f"{of.kind} has no {name[:80]}")
    return names


def read_top(text: str) -> int | None:
    """Read `$top`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 12:  # noqa: PLR2004  digits
        raise wrong("$top is no number")
    return int(text)


def read_flag(name: str, text: str) -> bool:
    """Read `$count`."""
    if text not in ("", "true", "false"):
        raise wrong(f"{name} is true or false")
    return text == "true"
