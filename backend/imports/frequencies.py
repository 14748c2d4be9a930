"""How often an item asks for an inspection, as one writes it into a cell."""

import re
from collections.abc import Mapping
from typing import Any, Final

from events.language import Language

_ZH: Final = {
    "日": "day", "天": "day", "周": "week", "月": "month", "季度": "quarter", "季": "quarter",
    "半年": "half_year", "年": "year", "五年": "5_years",
}  # fmt: skip
_EN: Final = {
    "day": "day", "week": "week", "month": "month", "quarter": "quarter",
    "half year": "half_year", "year": "year", "5 years": "5_years",
}  # fmt: skip
_SAID: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh": {code: word for word, code in reversed(_ZH.items())},
    "en": {code: word for word, code in _EN.items()},
}
_NEVER: Final[Mapping[str, str]] = {"zh": "按需", "en": "on event"}
_STATED: Final = ("mode", "count", "per", "fraction")
_PLAIN: Final = frozenset({"min", "sample_min", "on_event"})
_EVERY_ZH: Final = r"每(半年|五年|季度|季|日|天|周|月|年)"
_EVERY_EN: Final = r" ?(?:a|per) (half year|5 years|day|week|month|quarter|year)"
_PATTERNS: Final = (
    (re.compile(_EVERY_ZH + r"(?:不少于)?(\d{1,3})次"), _ZH, (2, 1)),
    (re.compile(_EVERY_ZH + r"抽查(?:不低于)?(\d{1,3}(?:\.\d{1,2})?[%％])"), _ZH, (2, 1)),
    (re.compile(r"(\d{1,3})" + _EVERY_EN), _EN, (1, 2)),
    (re.compile(r"(\d{1,3}(?:\.\d{1,2})?%)" + _EVERY_EN), _EN, (1, 2)),
)
"""What a cell may say, the words for how long, and which groups say how many and how long."""


def read_frequency(text: str) -> dict[str, Any] | None:
    """Read what a cell says; None where it says no rule."""
    if text.casefold() in _NEVER.values():
        return {"mode": "on_event"}
    for pattern, words, (many, per) in _PATTERNS:
        found = pattern.fullmatch(text.strip().casefold())
        if found is not None:
            return _rule(found[many], words[found[per]])
    return None


def _rule(many: str, per: str) -> dict[str, Any] | None:
    number = many.rstrip("%％")
    if number == many:
        return {"mode": "min", "count": int(many), "per": per} if int(many) else None
    share = round(float(number) / 100, 4)
    return {"mode": "sample_min", "fraction": share, "per": per} if 0 < share <= 1 else None


def said_frequency(frequency: Mapping[str, Any], language: Language) -> str:
    """Return a rule as a cell says it; "" of one that a cell cannot say, such as by class."""
    mode = frequency.get("mode", "on_event")
    per = _SAID[language].get(str(frequency.get("per")), "")
    if mode == "on_event":
        return _NEVER[language]
    if mode not in _PLAIN or not per:
        return ""
    if mode == "min":
        many = str(frequency.get("count"))
        return f"每{per}{many}次" if language == "zh" else f"{many} a {per}"
    share = f"{round(float(frequency.get('fraction') or 0) * 100, 2):g}%"
    return f"每{per}抽查{share}" if language == "zh" else f"{share} a {per}"


def same_rule(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two rules ask for the same; on what they rest is another matter."""
    return _rule_of(one) == _rule_of(other)


def _rule_of(frequency: Mapping[str, Any]) -> Mapping[str, Any]:
    mode = frequency.get("mode", "on_event")
    if mode not in _PLAIN:
        return frequency
    if mode == "on_event":
        return {"mode": mode}
    return {name: frequency[name] for name in _STATED if frequency.get(name) is not None}
