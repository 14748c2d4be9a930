"""The list of items brought in: compared field by field, recorded whole, taken back."""

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from backend.imports.columns import ITEM_COLUMNS
from backend.imports.frequencies import read_frequency, said_frequency, same_rule
from backend.imports.item_plan import HeldItem, item_facts, item_plan
from backend.imports.item_rows import ItemWish, read_item_rows, read_laws, said_laws
from backend.imports.tables import read_lines
from backend.imports.words import ROWS
from backend.people.rights import Role
from events.language import Language
from events.register import ItemListed, ItemRevised, ItemWithdrawn
from projections.frequency import Unreadable
from projections.frequency import read as rule_of
from projections.items import Item
from projections.spans import OPEN, Span
from tests.server import TODAY, Site, Tablet, an_item, site
from tests.test_import_undo import brought_as, digest_of, facts, undo
from tests.test_imports import Manager, a_csv, a_workbook, bureau, counts

DOMAINS = {"funeral": "funeral", "殡葬": "funeral"}


def an_entry(**changed: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "事项编码": "MZ-FU-09", "事项名称": "公墓年检", "领域": "殡葬", "职权类型": "行政检查",
        "可列入计划": "是", "适用对象类型": "经营性公墓；公益性公墓/农村公益性墓地",
        "检查频次": "每年1次",
        "法律依据": "《殡葬管理条例》第三条；《广东省殡葬管理办法》第二十条",
    }  # fmt: skip
    return usual | changed


def listed(**changed: Any) -> ItemListed:  # noqa: ANN401  as facts have it
    usual: dict[str, Any] = {
        "item": "MZ-FU-09", "name_zh": "公墓年检", "name_en": "Yearly", "domain": "funeral",
        "kind": "行政检查", "plannable": True, "valid_from": date(2026, 1, 1),
    }  # fmt: skip
    return ItemListed(**(usual | changed))


def held(*listings: ItemListed) -> Mapping[str, HeldItem]:
    spans = (Span(listings[0].valid_from, OPEN),)
    return {listings[0].item: HeldItem(Item(listings[0].item, spans, listings))}


# ── rows in words ──────────────────────────────────────────────────────────────────


def test_a_row_is_read_as_one_writes_it() -> None:
    (wish,), faults = read_item_rows(read_lines(a_csv(an_entry())), DOMAINS)

    assert faults == []
    assert (wish.item, wish.name_zh, wish.kind, wish.plannable) == (
        "MZ-FU-09", "公墓年检", "行政检查", True,
    )  # fmt: skip
    assert wish.object_types == ("cemetery_commercial", "cemetery_public_welfare")
    assert wish.frequency == {"mode": "min", "count": 1, "per": "year"}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"事项编码": ""}, ["missing"]),
        ({"事项编码": "一号 事项"}, ["no-code"]),
        ({"领域": "不存在"}, ["unknown"]),
        ({"职权类型": ""}, ["missing"]),
        ({"职权类型": "随便"}, ["unknown"]),
        ({"可列入计划": "也许"}, ["no-yes-no"]),
        ({"适用对象类型": "经营性公墓；火星"}, ["unknown"]),
        ({"适用对象类型": "无"}, []),
        ({"检查频次": "经常"}, ["no-frequency"]),
        ({"检查频次": "每年0次"}, ["no-frequency"]),
        ({"检查频次": "每年抽查120%"}, ["no-frequency"]),
        ({"生效日期": "2026-02-30"}, ["no-day"]),
        ({"终止日期": "2026-02-03"}, ["ended-without-standing"]),
        ({"事项名称": "名" * 201}, ["too-long"]),
        ({"事项名称": "=cmd|' /C calc'!A0"}, ["formula"]),
    ],
)
def test_a_row_says_what_is_wrong_with_it(changed: dict[str, object], codes: list[str]) -> None:
    _, faults = read_item_rows(read_lines(a_csv(an_entry(**changed))), DOMAINS)

    assert [one.code for one in faults] == codes
    assert all(one.row == 2 and one.code in ROWS for one in faults)


def test_each_column_has_its_member() -> None:
    assert {one.name for one in ITEM_COLUMNS} <= {*ItemWish.__struct_fields__}


# ── how often, and on what it rests ────────────────────────────────────────────────

PERS = ("day", "week", "month", "quarter", "half_year", "year", "5_years")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("per", PERS)
@pytest.mark.parametrize(
    "said", [{"mode": "min", "count": 12}, {"mode": "sample_min", "fraction": 0.03}]
)
def test_what_is_written_is_read_again_as_the_same_rule(
    language: Language, per: str, said: dict[str, Any]
) -> None:
    rule = {**said, "per": per}

    found = read_frequency(said_frequency(rule, language))

    assert found is not None
    assert found == rule
    assert not isinstance(rule_of(found), Unreadable)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_needs_nothing_is_read_again_and_classes_are_left_alone(language: Language) -> None:
    nothing = {"mode": "on_event", "count": None, "per": None, "basis": "x"}

    assert same_rule(nothing, read_frequency(said_frequency(nothing, language)) or {})
    assert said_frequency({"mode": "min_by_class", "classes": {}}, language) == ""


@given(st.text(max_size=20))
def test_any_text_is_a_rule_or_none(text: str) -> None:
    found = read_frequency(text)

    assert found is None or not isinstance(rule_of(found), Unreadable)


def test_laws_that_stay_keep_what_is_known_of_them() -> None:
    known = ({"law": "殡葬管理条例", "article": "第三条", "law_id": "binzang", "verify": True},)

    same = read_laws(said_laws(known), known)
    more = read_laws(said_laws(known) + "；《民法典》第一条", known)

    assert same == known
    assert more == (*known, {"law": "民法典", "article": "第一条"})


# ── what would change ──────────────────────────────────────────────────────────────


def wish(**changed: Any) -> ItemWish:  # noqa: ANN401  likewise
    return ItemWish(
        **({"row": 2, "item": "MZ-FU-09", "domain": "funeral", "kind": "行政检查"} | changed)
    )


@pytest.mark.parametrize(
    ("changed", "change", "members"),
    [
        ({}, "unchanged", ()),
        ({"name_zh": "改名"}, "revised", ("name_zh",)),
        ({"plannable": False, "kind": "行政处罚"}, "revised", ("kind", "plannable")),
        ({"frequency": {"mode": "on_event"}}, "unchanged", ()),
        ({"frequency": {"mode": "min", "count": 2, "per": "year"}}, "revised", ("frequency",)),
        ({"legal_basis": "《民法典》第一条"}, "revised", ("legal_basis",)),
        ({"standing": "ended"}, "closed", ("ended_on",)),
        ({"item": "NEW-1", "name_zh": "新事项"}, "new", ()),
    ],
)
def test_a_row_changes_what_it_says_and_nothing_else(
    changed: dict[str, Any], change: str, members: tuple[str, ...]
) -> None:
    (step,) = item_plan([wish(**changed)], (), held(listed()), TODAY).steps

    assert (step.change, step.members) == (change, members)


def test_what_a_cell_cannot_say_stays_as_it_is() -> None:
    by_class = {"mode": "min_by_class", "classes": {"A": {"count": 1, "per": "year"}}}
    before = listed(frequency=by_class, enterprise_related=True)

    steps = item_plan([wish(name_zh="改名")], (), held(before), TODAY).steps
    (said,) = item_facts(steps, TODAY, demo=False)

    assert isinstance(said.fact, ItemRevised)
    assert said.fact == ItemRevised(
        **msgspec.structs.asdict(msgspec.structs.replace(before, name_zh="改名", valid_from=TODAY))
    )


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"item": "NEW-1"}, "missing"),
        ({"item": "NEW-1", "name_zh": "新", "standing": "ended"}, "new-and-ended"),
        ({"name_zh": "改", "valid_from": date(2025, 1, 1)}, "before"),
        ({"standing": "ended", "ended_on": date(2025, 1, 1)}, "before"),
    ],
)
def test_a_row_that_cannot_be_is_a_fault(changed: dict[str, Any], code: str) -> None:
    shown = item_plan([wish(**changed)], (), held(listed()), TODAY)

    assert [one.code for one in shown.faults] == [code]
    assert not shown.may_be_recorded


def test_two_rows_of_one_code_and_rows_outside_the_scope_are_faults() -> None:
    twice = item_plan([wish(name_zh="改"), wish(row=3)], (), held(listed()), TODAY)
    scope = item_plan([wish()], (), held(listed()), TODAY, lambda _domain: False)

    assert [one.code for one in twice.faults] == ["twice"]
    assert [one.code for one in scope.faults] == ["scope"]


# ── over HTTP ──────────────────────────────────────────────────────────────────────


def test_items_are_shown_recorded_and_taken_back(tmp_path: Path) -> None:
    first = a_csv(an_entry(), an_entry(事项编码="MZ-FU-10", 事项名称="殡仪馆检查"))
    second = a_csv(
        an_entry(检查频次="每年2次"),
        an_entry(事项编码="MZ-FU-10", 事项名称="殡仪馆检查", 状态="终止"),
        an_entry(事项编码="MZ-FU-11", 事项名称="骨灰堂检查"),
    )  # fmt: skip
    with bureau(tmp_path) as (here, manager):
        brought_as(here, manager, first, "items")
        before = items_of(here)
        shown = manager.bring(second, which="items")
        imported = brought_as(here, manager, second, "items")
        done = undo(manager, imported)
        here.folded()
        after = items_of(here)
        again = manager.bring(second, which="items")
        tags = [len(facts(here, one)) for one in (ItemListed, ItemRevised, ItemWithdrawn)]

    assert counts(shown) == [1, 1, 1, 0, 0]
    assert "每年1次" in shown.text or "1 a year" in shown.text
    assert "Taken back" in done.text
    assert after == before
    assert counts(again)[:2] == [0, 1]
    assert tags == [4, 2, 2]


def items_of(here: Site) -> list[tuple[Any, ...]]:
    rows = here.client.get("/views/items").json()["rows"]
    return [
        (one["item"], one["name_zh"], one["in_force"], one["plannable"])
        for one in rows
        if one["in_force"]
    ]


def test_an_item_that_was_used_since_is_left(tmp_path: Path) -> None:
    with bureau(tmp_path) as (here, manager):
        imported = brought_as(here, manager, a_csv(an_entry(事项编码="MZ-FU-01")), "items")
        tablet = Tablet(here)
        tablet.enrol()
        tablet.inspect("a" * 26)
        assert tablet.push().status_code == 200
        here.folded()
        page = manager.client.get(f"/imports/{imported}", headers={"accept-language": "en"})

    assert "An inspection has used it since." in page.text
    assert digest_of(page) == ""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_as_it_stands_changes_nothing_in_either_language(
    tmp_path: Path, language: str
) -> None:
    with site(tmp_path / "data") as here:
        manager = Manager(here.sign_in(Role.MANAGER))
        by_class = {"mode": "min_by_class", "classes": {"A": {"count": 1, "per": "year"}}}
        here.tell(
            an_item(), an_item(item="B-2", frequency=by_class, kind="行政检查"),
            an_item(item="B-3", frequency={"mode": "sample_min", "fraction": 0.03, "per": "year"},
                    kind="行政处罚", object_types=()),
        )  # fmt: skip
        here.folded()
        content = manager.client.get(f"/import/items.xlsx?rows=all&lang={language}").content
        page = manager.bring(content, "list.xlsx", which="items")
    sheet: Any = load_workbook(BytesIO(content)).worksheets[0]

    assert sheet.max_row == 4
    assert counts(page) == [0, 0, 0, 0, 3]


def test_a_list_brought_to_the_other_one_s_page_is_told_so(tmp_path: Path) -> None:
    with bureau(tmp_path) as (_, manager):
        wrong = manager.bring(a_csv(an_entry()))
        covered = manager.bring(a_workbook([["封面"]]), "cover.xlsx", which="items")

    assert "These are the columns of another list." in wrong.text
    assert "No row holds the headings" in covered.text
