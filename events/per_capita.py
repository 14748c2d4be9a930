"""A household's income for each member, against the local standard (checklist question LI-16).

In decimals throughout: a cent decides between keeping and losing an allowance.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, TypeAlias

from msgspec import Struct

Standing: TypeAlias = Literal["below", "equal", "near", "above"]

INCOMES: Final = ("LI-11", "LI-12", "LI-13", "LI-14")
COSTS: Final = "LI-15"
MEMBERS: Final = "LI-34"

_CENT: Final = Decimal("0.01")
_NEAR: Final = Decimal("1.5")


class PerCapita(Struct, frozen=True):
    """Yuan a month for each member, the standard compared with, and how the two compare."""

    amount: Decimal
    standard: Decimal
    standing: Standing


def per_capita(
    value_of: Callable[[str], Decimal | None],
    hukou_type: object,
    standards: Mapping[str, Decimal | None],
) -> PerCapita | None:
    """Return the comparison, or None while an input is unknown.

    `value_of` gives yuan a month (members for LI-34); `standards` has "urban" and "rural".
    """
    standard = standards.get(str(hukou_type))
    members, costs = value_of(MEMBERS), value_of(COSTS)
    incomes = [income for name in INCOMES if (income := value_of(name)) is not None]
    if standard is None or costs is None or not members or members < 0:
        return None
    if len(incomes) != len(INCOMES):
        return None
    total = sum(incomes, Decimal(0)) - costs
    each = (total / members).quantize(_CENT, ROUND_HALF_UP)
    return PerCapita(each, standard, _standing(each, standard))


def _standing(each: Decimal, standard: Decimal) -> Standing:
    if each <= standard:
        return "equal" if each == standard else "below"
    return "near" if each <= standard * _NEAR else "above"
