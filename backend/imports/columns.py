"""The columns of the lists: what each is called, and what may stand in it."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from backend.imports.tables import SEARCHED, FileError, Line


class Column(Struct, frozen=True):
    """A column. `zh` and `en` are its headings, either of which is understood."""

    name: str
    zh: str
    en: str
    note_zh: str
    note_en: str
    required: bool = False


CHOICES: Final[Mapping[str, str]] = {"zh": "选项", "en": "choices"}
"""What the sheet of values to choose from is called."""

OBJECT_COLUMNS: Final = (
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

ITEM_COLUMNS: Final = (
    Column("item", "事项编码", "item", "本单位清单中的编码。", "As in the list.", required=True),
    Column("name_zh", "事项名称", "name", "新事项必填。", "Needed for a new item."),
    Column(
        "name_en",
        "英文名称",
        "name in English",
        "留空则与名称相同。",
        "Left empty it is the Chinese name.",
    ),
    Column("domain", "领域", "domain", "从列表中选。", "Choose from the list.", required=True),
    Column("kind", "职权类型", "kind", "从列表中选。", "Choose from the list.", required=True),
    Column(
        "plannable",
        "可列入计划",
        "plannable",
        "是 或 否；新事项留空为否。",
        "yes or no; empty is no for a new item.",
    ),
    Column(
        "object_types",
        "适用对象类型",
        "types of objects",
        "多个类型用分号隔开；无 表示不绑定。",
        "Several are divided by semicolons; none: bound to no type.",
    ),
    Column(
        "frequency",
        "检查频次",
        "how often",
        "如 每年1次、每季度2次、每年抽查3%、按需。分类频次留空，保持不变。",
        "Such as 1 a year, 2 a quarter, 3% a year, on event. Empty leaves rules by class as is.",
    ),
    Column(
        "legal_basis",
        "法律依据",
        "legal basis",
        "《法规名称》第几条；多条用分号隔开。",
        "《Law》 article; several are divided by semicolons.",
    ),
    Column("enterprise_related", "涉企", "concerns enterprises", "是 或 否。", "yes or no."),
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


def headings(lines: Sequence[Line], columns: Sequence[Column]) -> tuple[int, dict[str, int]]:
    """Return which line holds the headings, and where each column stands.

    `FileError` where there are none, where one stands twice, or where a needed one is missing.
    """
    names = _names(columns)
    needed = [one.name for one in columns if one.required]
    for at, line in enumerate(lines[:SEARCHED]):
        places: dict[str, int] = {}
        twice = False
        for place, text in enumerate(line.cells):
            name = names.get(text.strip(" *＊").casefold())
            if name is not None:
                twice = twice or name in places
                places[name] = place
        if len(places) >= 2:  # noqa: PLR2004  one word alone may stand in a title
            if twice:
                raise FileError("column-twice")
            if not all(one in places for one in needed):
                raise FileError("column-missing")
            return at, places
    raise FileError("no-headings")


def are_of(columns: Sequence[Column], sheet: str, lines: Sequence[Line]) -> bool:
    """Tell whether a sheet begins with the headings of a list, all those that are needed."""
    if sheet in CHOICES.values():
        return False
    try:
        headings(lines, columns)
    except FileError:
        return False
    return True


def _names(columns: Sequence[Column]) -> Mapping[str, str]:
    return {text.casefold(): one.name for one in columns for text in (one.name, one.zh, one.en)}
