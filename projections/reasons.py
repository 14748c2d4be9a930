"""Why something is due, in words: the rule, its number and window, and what it rests on.

Both languages stand side by side, as in the item data, so that a list reads the same wherever
it is printed. What an item names as its basis is quoted as it stands in its data.
"""

from collections.abc import Mapping
from typing import Final

from events.checklists import Words
from projections.asked import Basis

_PER: Final[Mapping[str, Words]] = {
    "day": Words("每日", "a day"),
    "week": Words("每周", "a week"),
    "month": Words("每月", "a month"),
    "quarter": Words("每季度", "a quarter"),
    "half_year": Words("每半年", "a half-year"),
    "year": Words("每年", "a year"),
    "5_years": Words("每五年", "five years"),
    "": Words("计划期内", "the plan's days"),
}
_TERM: Final[Mapping[str, Words]] = {
    "month": Words("一个月", "a month"),
    "quarter": Words("三个月", "three months"),
    "half_year": Words("半年", "six months"),
    "year": Words("一年", "a year"),
    "5_years": Words("五年", "five years"),
}
_LEVELS: Final[Mapping[str, Words]] = {
    "hotspot": Words("重点点位", "hotspot"),
    "arterial": Words("主干路段", "arterial segment"),
    "other": Words("一般路段", "other segment"),
    "经济状况短期变化不大": Words("经济状况短期变化不大", "means change little in a short time"),
    "收入来源不固定且有劳动能力": Words(
        "收入来源不固定且有劳动能力", "income not fixed, and able to work"
    ),
}


def said(basis: Basis) -> Words:
    """Return the reason in both languages."""
    rule = _rule(basis)
    zh, en = [rule.zh], [rule.en]
    if basis.group:
        group = _LEVELS.get(basis.group, Words(basis.group, basis.group))
        zh.append(group.zh)
        en.append(group.en)
    if basis.plan:
        zh.append(f"检查计划《{basis.plan}》")
        en.append(f"plan “{basis.plan}”")
    if basis.text.en:
        zh.append(basis.text.zh)
        en.append(basis.text.en)
    return Words("；".join(zh), "; ".join(en))


def _rule(basis: Basis) -> Words:
    per = _PER.get(basis.per, Words(basis.per, basis.per))
    match basis.mode:
        case "min_by_class":
            term = _TERM.get(basis.per, Words(basis.per, basis.per))
            return Words(f"距上次复核{term.zh}内", f"within {term.en} of the last recheck")
        case "sample_min":
            return Words(f"{per.zh}按比例抽查", f"a sample in {per.en}")
        case "deadline":
            days = "个工作日" if basis.per == "working_day" else "日"
            unit = "working days" if basis.per == "working_day" else "days"
            return Words(f"{basis.count}{days}内完成", f"within {basis.count} {unit}")
        case "min_by_level":
            return Words(f"{per.zh}至少巡查{basis.count}次", f"{basis.count} passes in {per.en}")
        case _:
            return Words(f"{per.zh}至少{basis.count}次", f"{basis.count} in {per.en}")
