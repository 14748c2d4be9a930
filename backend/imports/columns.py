"""The columns of a list of objects: what each is called, and what may stand in it."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from backend.imports.tables import FileError, Line

_SEARCHED: Final = 6  # rows in which the headings may stand


class Column(Struct, frozen=True):
    """A column. `zh` and `en` are its headings, either of which is understood."""

    name: str
    zh: str
    en: str
    note_zh: str
    note_en: str
    required: bool = False


COLUMNS: Final = (
    Column(
        "object",
        "对象编号",
        "object",
        "系统给出的编号。新对象留空。",
        "The id that the system gave. Empty for a new object.",
    ),
    Column(
        "number",
        "单位编号",
        "number",
        "本单位自己的编号，住户必填（不得填写身份证号）。",
        "The bureau's own number; needed for homes (never an identity card's number).",
    ),
    Column("name", "名称", "name", "住户的姓名导入后即封存。", "Of a home it is sealed on import."),
    Column(
        "object_type", "对象类型", "type", "从列表中选。", "Choose from the list.", required=True
    ),
    Column("domain", "领域", "domain", "从列表中选。", "Choose from the list.", required=True),
    Column("township", "镇街", "township", "名称或9位代码。", "Name or 9 digits.", required=True),
    Column("village", "村居", "village", "名称或12位代码。", "Name or 12 digits."),
    Column("uscc", "统一社会信用代码", "credit code", "18位。", "18 characters."),
    Column(
        "address",
        "地址",
        "address",
        "只用于住户，导入后即封存。",
        "Of homes alone; it is sealed on import.",
    ),
    Column(
        "lon", "经度", "longitude", "CGCS2000，度。住户不填。", "CGCS2000 degrees; not of homes."
    ),
    Column(
        "lat", "纬度", "latitude", "CGCS2000，度。住户不填。", "CGCS2000 degrees; not of homes."
    ),
    Column("level", "等级", "level", "路段、点位的等级。", "Of street segments and hotspots."),
    Column(
        "valid_from",
        "生效日期",
        "valid from",
        "从哪天起如此；留空为今天。",
        "From which day it is so; empty is today.",
    ),
    Column(
        "standing", "状态", "standing", "在册 或 终止；留空不变。", "listed or ended; empty: as is."
    ),
    Column("ended_on", "终止日期", "ended on", "最后一天。", "The last day."),
)
"""An empty cell leaves what the register says; a row that is missing changes nothing."""

BY_NAME: Final[Mapping[str, Column]] = {one.name: one for one in COLUMNS}


def headings(lines: Sequence[Line]) -> tuple[int, dict[str, int]]:
    """Return which line holds the headings, and where each column stands.

    `FileError` where there are none, where one stands twice, or where a needed one is missing.
    """
    for at, line in enumerate(lines[:_SEARCHED]):
        places: dict[str, int] = {}
        twice = False
        for place, text in enumerate(line.cells):
            name = _NAMES.get(text.strip(" *＊").casefold())
            if name is not None:
                twice = twice or name in places
                places[name] = place
        if len(places) >= 2:  # noqa: PLR2004  one word alone may stand in a title
            if twice:
                raise FileError("column-twice")
            if not all(one.name in places for one in COLUMNS if one.required):
                raise FileError("column-missing")
            return at, places
    raise FileError("no-headings")


_NAMES: Final[Mapping[str, str]] = {
    text.casefold(): one.name for one in COLUMNS for text in (one.name, one.zh, one.en)
}
