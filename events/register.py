"""What the office keeps lists of: items, objects, areas, officers, checklists. With validity.

Denominators are facts too. Nothing is deleted: it ends on a day. Days are local, `from` and
`to` both included; None is open.
"""

from typing import Any, Literal

from msgspec import Raw

from events.facts import Code, Count, Day, Fact, Name, Text
from events.ids import HashText, Id


class ItemListed(Fact, frozen=True):
    """执法事项 put on the list; the same again with another `version` revises it.

    `frequency` as in the item data: mode, count, per, fraction, classes.
    """

    item: Code
    name_zh: Name
    name_en: Name
    domain: Code
    kind: Code
    plannable: bool
    valid_from: Day
    object_types: tuple[Code, ...] = ()
    frequency: dict[str, Any] = {}
    legal_basis: tuple[dict[str, Any], ...] = ()
    enterprise_related: bool = False
    demo: bool = False


class ItemRevised(ItemListed, frozen=True):
    """执法事项 changed: all of it as it is from `valid_from` on."""


class ItemWithdrawn(Fact, frozen=True):
    """执法事项 taken off the list after the day `valid_to`."""

    item: Code
    valid_to: Day
    reason: Code


class ObjectListed(Fact, frozen=True):
    """执法对象 put on the list. A home's name and address are sealed (part `card`)."""

    object: Id
    object_type: Code
    domain: Code
    township: Code
    valid_from: Day
    name: Name | None = None
    village: Code | None = None
    uscc: Code | None = None
    person: Id | None = None
    attributes: dict[str, Any] = {}
    lon: float | None = None
    lat: float | None = None
    datum: Literal["WGS84", "CGCS2000"] = "CGCS2000"
    demo: bool = False


class ObjectRevised(ObjectListed, frozen=True):
    """执法对象 changed: all of it as it is from `valid_from` on."""


class ObjectMerged(Fact, frozen=True):
    """执法对象 was the same as `into`; from `valid_from` on only that one counts."""

    object: Id
    into: Id
    valid_from: Day


class ObjectSplit(Fact, frozen=True):
    """执法对象 became several; each of `parts` is listed by a fact of its own."""

    object: Id
    parts: tuple[Id, ...]
    valid_from: Day


class ObjectExempted(Fact, frozen=True):
    """执法对象 is not counted from `valid_from` to `valid_to`, or not for `item` only."""

    object: Id
    reason: Code
    valid_from: Day
    valid_to: Day | None = None
    item: Code | None = None


class ObjectClosed(Fact, frozen=True):
    """执法对象 ended with the day `valid_to`."""

    object: Id
    valid_to: Day
    reason: Code


class AreaListed(Fact, frozen=True):
    """镇街 (9 digits) or 村居 (12 digits). Points are CGCS2000 degrees."""

    area: Code
    name_zh: Name
    name_en: Name
    level: Literal["district", "township", "village"]
    valid_from: Day
    within: Code | None = None
    lon: float | None = None
    lat: float | None = None
    tile: tuple[Count, Count] | None = None


class AreaClosed(Fact, frozen=True):
    """An area ended with the day `valid_to`."""

    area: Code
    valid_to: Day


class OfficerListed(Fact, frozen=True):
    """执法人员 or auxiliary. An officer's name on duty is public (亮证) and stands in clear."""

    officer: Id
    name: Name
    role: Literal["officer", "auxiliary", "manager"]
    valid_from: Day
    section: Code | None = None
    demo: bool = False


class OfficerLeft(Fact, frozen=True):
    """执法人员 left with the day `valid_to`."""

    officer: Id
    valid_to: Day


class CertificateIssued(Fact, frozen=True):
    """行政执法证 issued or renewed."""

    certificate: Id
    officer: Id
    number: Code
    valid_from: Day
    valid_to: Day


class CertificateRevoked(Fact, frozen=True):
    """行政执法证 withdrawn from the day `valid_from` on."""

    certificate: Id
    officer: Id
    valid_from: Day


class OfficerPosted(Fact, frozen=True):
    """Where an officer works: townships and domains (empty: all), from a day on."""

    officer: Id
    valid_from: Day
    valid_to: Day | None = None
    townships: tuple[Code, ...] = ()
    domains: tuple[Code, ...] = ()


class LeaveTaken(Fact, frozen=True):
    """An officer was not on post."""

    officer: Id
    valid_from: Day
    valid_to: Day
    reason: Code = "leave"


class ChecklistPublished(Fact, frozen=True):
    """A form. An inspection names the version it used; `content` is the whole checklist."""

    checklist: Code
    kind: Code
    version: Count
    valid_from: Day
    sha256: HashText
    content: Raw


class FrequencyCapPublished(Fact, frozen=True):
    """涉企检查频次上限已公布: how often an enterprise may be inspected in a calendar year.

    For all enterprises of a type, or for one `object`, which then comes first
    (国办发〔2024〕54号: the cap is published beforehand).
    """

    cap: Id
    object_type: Code
    per_year: Count
    valid_from: Day
    valid_to: Day | None = None
    object: Id | None = None
    document: Code | None = None


class ListImported(Fact, frozen=True):
    """清单已导入: a file of the bureau's own list, brought in whole by one account.

    It stands right behind the `facts` entries that say what the file did, in the same log and
    the same append. `sha256` is of the file; `file` is what it was called, to be shown. The
    counts are of rows.
    """

    imported: Id
    list: Literal["objects", "items"]
    sha256: HashText
    by: Id
    facts: Count
    file: Text = ""
    listed: Count = 0
    revised: Count = 0
    closed: Count = 0
    reopened: Count = 0


class ImportUndone(Fact, frozen=True):
    """清单导入已撤回: the rows of an import stand again as they stood before it.

    It stands right behind the `facts` entries that put them back, as `ListImported` does.
    `left` rows were changed again since, and stayed as they were.
    """

    imported: Id
    by: Id
    facts: Count
    put_back: Count = 0
    left: Count = 0


ItemFact = ItemListed | ItemRevised | ItemWithdrawn
ObjectFact = (
    ObjectListed | ObjectRevised | ObjectMerged | ObjectSplit | ObjectExempted | ObjectClosed
)
AreaFact = AreaListed | AreaClosed
OfficerFact = (
    OfficerListed
    | OfficerLeft
    | CertificateIssued
    | CertificateRevoked
    | OfficerPosted
    | LeaveTaken
)
ImportFact = ListImported | ImportUndone
RegisterFact = (
    ItemFact
    | ObjectFact
    | AreaFact
    | OfficerFact
    | ChecklistPublished
    | FrequencyCapPublished
    | ImportFact
)
