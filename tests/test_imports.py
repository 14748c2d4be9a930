"""Lists that the bureau brings in: what the preview says is what is recorded, or nothing is."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
import pytest
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from openpyxl import Workbook, load_workbook

from backend.imports import importing
from backend.imports.columns import OBJECT_COLUMNS
from backend.imports.lists import LISTS
from backend.imports.object_plan import Held, facts, plan
from backend.imports.object_rows import Known, Wish, read_rows
from backend.imports.steps import CHANGES, Plan
from backend.imports.tables import MOST_BYTES, MOST_ROWS, FileError, Table, read_lines
from backend.imports.words import FILES, ROWS
from backend.pages_of import importing as page
from backend.people.rights import Role
from events.ids import id_text
from events.register import AreaListed, ObjectClosed, ObjectListed, ObjectRevised
from projections import objects as register
from projections.objects import Closed, Listed
from tests.server import TODAY, Site, site

TOWN, OTHER = "440804001", "440804101"
KNOWN = Known(
    {"funeral": "funeral", "殡葬": "funeral", "social_assistance": "social_assistance"},
    {TOWN: TOWN, "南调街道": TOWN, OTHER: OTHER},
    {(TOWN, f"{TOWN}001"): f"{TOWN}001"},
)
CEMETERY = "cemetery_commercial"
HOME = "low_income_household"


def a_csv(*rows: Mapping[str, object], encoding: str = "utf-8-sig") -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def a_row(**changed: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "number": "A-1", "name": "一号公墓", "object_type": CEMETERY, "domain": "funeral",
        "township": TOWN,
    }  # fmt: skip
    return usual | changed


def a_workbook(rows: Sequence[Sequence[object]]) -> bytes:
    made: Any = Workbook()
    for row in rows:
        made.active.append(row)
    held = BytesIO()
    made.save(held)
    return held.getvalue()


# ── what the preview says is what the import does ──────────────────────────────────


class Register:
    """A register that follows facts as the views do."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Any]] = {}
        self.cards: dict[str, dict[str, Any]] = {}
        self.position = 0

    def held(self) -> list[Held]:
        return [Held(key, register.standing(rows)) for key, rows in self.rows.items()]

    def card(self, key: str) -> dict[str, Any] | None:
        return self.cards.get(key)

    def record(self, steps: Plan, today: date) -> Counter[str]:
        said = facts(steps.steps, self.card, today, self.new_id, demo=False)
        for one in said:
            self.position += 1
            fact = one.fact
            if isinstance(fact, ObjectListed):
                row = Listed(
                    self.position, 0, 0, isinstance(fact, ObjectRevised), fact.valid_from,
                    fact.object_type, fact.domain, fact.township, fact.village, fact.name,
                    fact.uscc, fact.person, fact.attributes, fact.lon, fact.lat, fact.datum,
                    fact.demo, tuple((part.name, part.subject) for part in fact.sealed),
                )  # fmt: skip
                if one.texts:
                    self.cards[fact.object] = msgspec.json.decode(one.texts[0])
            else:
                assert isinstance(fact, ObjectClosed)
                row = Closed(self.position, 0, 0, fact.valid_to, fact.reason)
            self.rows.setdefault(fact.object, []).append(row)
        return Counter(type(one.fact).__name__ for one in said)

    def new_id(self) -> str:
        self.position += 1
        return id_text(self.position.to_bytes(16, "big"))


wishes = st.builds(
    Wish,
    row=st.integers(2, 9),
    object_type=st.sampled_from((CEMETERY, HOME)),
    domain=st.sampled_from(("funeral", "social_assistance")),
    township=st.sampled_from((TOWN, OTHER)),
    number=st.sampled_from(("1", "2", "3")),
    name=st.sampled_from((None, "甲", "乙")),
    address=st.none(),
    level=st.sampled_from((None, "other")),
    valid_from=st.none() | st.dates(date(2026, 6, 1), date(2026, 6, 9)),
    standing=st.sampled_from(("", "listed", "ended")),
    ended_on=st.none(),
)
days = st.integers(0, 3).map(lambda passed: date(2026, 6, 10) + timedelta(passed))


@given(st.lists(st.tuples(st.lists(wishes, max_size=4), days), max_size=4))
def test_what_the_preview_says_is_what_the_import_does(
    files: list[tuple[list[Wish], date]],
) -> None:
    held = Register()
    for rows, day in sorted(files, key=lambda pair: pair[1]):
        shown = plan(rows, (), held.held(), held.card, day)
        if not shown.may_be_recorded:
            continue
        before = {one.object for one in held.held()}
        made = held.record(shown, day)
        after = {one.object: one for one in held.held()}

        counts = shown.counts()
        assert sum(counts.values()) == len(shown.steps) == len(rows)
        assert len(after.keys() - before) == counts["new"]
        assert made["ObjectClosed"] == counts["closed"]
        assert made["ObjectListed"] == counts["new"] + counts["reopened"]
        again = plan(rows, (), held.held(), held.card, day)
        assert again.faults == ()
        assert {one.change for one in again.steps} <= {"unchanged"}
        for step in again.steps:
            one = after[str(step.key)]
            assert one.listing.attributes["number"] == step.wish.number
            assert (one.ended_on is not None) == (step.wish.standing == "ended") or (
                step.wish.standing == ""
            )


@given(st.lists(wishes, max_size=5), st.integers(0, 4))
def test_no_row_is_lost_without_a_word(rows: list[Wish], known: int) -> None:
    held = Register()
    held.record(plan(rows[:known], (), [], held.card, TODAY), TODAY)

    shown = plan(rows, (), held.held(), held.card, TODAY)

    assert len(shown.steps) + len(shown.faults) == len(rows)


def test_a_home_s_name_stays_sealed_and_is_compared_all_the_same() -> None:
    held = Register()
    home = Wish(2, HOME, "social_assistance", TOWN, number="H-1", name="王小明", address="某路1号")
    first = plan([home], (), [], held.card, TODAY)
    held.record(first, TODAY)
    (one,) = held.held()

    assert one.listing.name is None
    assert one.listing.sealed == (("card", one.listing.person),)
    assert held.cards[one.object] == {"name": "王小明", "address": "某路1号"}
    moved = msgspec.structs.replace(home, address="某路2号")
    (step,) = plan([moved], (), held.held(), held.card, TODAY).steps
    assert (step.change, step.members) == ("revised", ("address",))


def test_a_name_that_does_not_open_is_a_fault_and_no_guess() -> None:
    held = Register()
    home = Wish(2, HOME, "social_assistance", TOWN, number="H-1", name="王小明")
    held.record(plan([home], (), [], held.card, TODAY), TODAY)
    held.cards.clear()

    (fault,) = plan([home], (), held.held(), held.card, TODAY).faults

    assert fault.code == "shut"


def test_two_rows_that_mean_the_same_object_are_a_fault() -> None:
    rows = [Wish(2, CEMETERY, "funeral", TOWN, number="1", name="甲"),
            Wish(3, CEMETERY, "funeral", TOWN, number="1", name="乙")]  # fmt: skip

    shown = plan(rows, (), [], lambda _: None, TODAY)

    assert [one.code for one in shown.faults] == ["twice"]
    assert not shown.may_be_recorded


# ── rows in words ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, []),
        ({"object_type": ""}, ["missing"]),
        ({"object_type": "natural_person"}, ["unknown"]),
        ({"township": "不存在"}, ["unknown"]),
        ({"village": "440804001999"}, ["village"]),
        ({"object_type": HOME, "number": ""}, ["home-number"]),
        ({"object_type": HOME, "lon": "110.4", "lat": "21.2"}, ["home-place"]),
        ({"address": "某路"}, ["address"]),
        ({"number": "440804199001011234"}, ["identity-card"]),
        ({"lon": "21.2", "lat": "110.4"}, ["place"]),
        ({"lon": "nan", "lat": "21.2"}, ["place"]),
        ({"lon": "110.4"}, ["half-a-place"]),
        ({"lon": "x", "lat": "y"}, ["no-number", "no-number"]),
        ({"valid_from": "2026-02-30"}, ["no-day"]),
        ({"valid_from": "2026年2月3日"}, []),
        ({"standing": "gone"}, ["standing"]),
        ({"ended_on": "2026-02-03"}, ["ended-without-standing"]),
        ({"object": "1"}, ["no-id"]),
        ({"name": "名" * 201}, ["too-long"]),
        ({"name": "=1+1"}, ["formula"]),
        ({"uscc": "91440804MA0000000X"}, ["uscc"]),
    ],
)
def test_a_row_says_what_is_wrong_with_it(changed: dict[str, object], codes: list[str]) -> None:
    _, faults = read_rows(read_lines(a_csv(a_row(**changed))), KNOWN)

    assert [one.code for one in faults] == codes
    assert all(one.row == 2 and one.code in ROWS for one in faults)


def test_a_wrong_credit_code_warns_and_refuses_nothing() -> None:
    rows = read_lines(a_csv(a_row(uscc="91440804MA0000000X")))

    wished, (fault,) = read_rows(rows, KNOWN)

    assert (len(wished), fault.refuses) == (1, False)


def test_an_identity_card_s_number_and_a_name_are_not_shown_again() -> None:
    rows = a_csv(a_row(number="440804199001011234", name="名" * 201))

    _, faults = read_rows(read_lines(rows), KNOWN)

    assert [one.value for one in faults] == ["", ""]


# ── files of strangers ─────────────────────────────────────────────────────────────


def bomb() -> bytes:
    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as packed:
        for number in range(9):
            packed.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 10_000_000)
    return held.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    held = BytesIO(a_workbook([["name", "type"]]))
    with ZipFile(held, "a") as packed:
        packed.writestr(name, content)
    return held.getvalue()


def with_text(book: bytes, name: str, old: str, new: str) -> bytes:
    """Return a workbook with other text in one of its parts."""
    held = BytesIO()
    with ZipFile(BytesIO(book)) as packed, ZipFile(held, "w", ZIP_DEFLATED) as made:
        for part in packed.namelist():
            content = packed.read(part)
            if part == name:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            made.writestr(part, content)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n,,\n", "empty"),
        (b"\0\0", "unreadable"),
        (b"\xff\xff\xff", "unreadable"),
        (b'"a', "unreadable"),
        (b"PK\x03\x04 no workbook", "unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook", "old"),
        (b"x" * (MOST_BYTES + 1), "too-large"),
        (b"a,b\n" * (MOST_ROWS + 1), "too-many-rows"),
        (bomb(), "bomb"),
        (with_part("xl/externalLinks/externalLink1.xml", b"<a/>"), "external"),
        (with_part("xl/vbaProject.bin", b"x"), "external"),
        (with_part("xl/more.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), "external"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_file_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(FileError) as refused:
        read_lines(content)

    assert refused.value.code == code
    assert code in FILES


def late_doctype(encoding: str = "utf-8") -> bytes:
    """Words of its own behind a long remark, or in letters of two bytes: billions of laughs."""
    text = "<!--" + "x" * 70_000 + "--><!DOCTYPE a [<!ENTITY b 'c'>]><a/>"
    return with_part("xl/more.xml", text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_words_of_its_own_are_found_wherever_they_stand(encoding: str) -> None:
    with pytest.raises(FileError, match="external"):
        read_lines(late_doctype(encoding))


def a_book(*sheets: tuple[str, Sequence[Sequence[object]]], merged: str = "") -> bytes:
    made: Any = Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if merged:
        made.worksheets[-1].merge_cells(merged)
    held = BytesIO()
    made.save(held)
    return held.getvalue()


LISTED = [
    ["名称", "对象类型", "领域", "镇街", "单位编号"],
    ["甲", CEMETERY, "funeral", TOWN, "1"],
    ["乙", CEMETERY, "funeral", TOWN, "2"],
]


def test_a_merged_cell_is_a_fault_of_each_of_its_rows() -> None:
    wished, faults = read_rows(read_lines(a_book(("清单", LISTED), merged="D2:D3")), KNOWN)

    assert wished == []
    merged = [(one.row, one.column, one.code) for one in faults if one.code == "merged"]
    assert merged == [(2, "township", "merged"), (3, "township", "merged")]


def test_a_title_that_is_merged_above_the_headings_is_no_fault() -> None:
    titled = [["二〇二六年清单"], *LISTED]

    wished, faults = read_rows(read_lines(a_book(("清单", titled), merged="A1:E1")), KNOWN)

    assert (len(wished), faults) == (2, [])


def test_a_huge_merged_range_costs_little() -> None:
    book = with_text(
        a_book(("清单", LISTED), merged="A5:B5"),
        "xl/worksheets/sheet1.xml",
        "A5:B5",
        "A5:XFD1048576",
    )

    wished, _ = read_rows(read_lines(book), KNOWN)

    assert len(wished) == 2


def test_the_list_is_found_behind_a_cover_and_other_lists_are_named() -> None:
    cover, other = [["封面"], ["说明"]], LISTED[:2]
    book = a_book(("封面", cover), ("清单", LISTED), ("旧清单", other), ("选项", LISTED))

    table = LISTS["objects"].read(book)

    assert (table.sheet, table.others, len(table.lines)) == ("清单", ("旧清单",), 3)


def test_how_far_a_file_is_read_is_told() -> None:
    passed: list[int] = []

    LISTS["objects"].read(a_book(("清单", LISTED)), passed.append)

    assert passed == [1, 2, 3]


@pytest.mark.parametrize(
    ("heads", "code"),
    [
        (["a", "b"], "no-headings"),
        (["type", "domain"], "column-missing"),
        (["type", "object_type", "domain", "township"], "column-twice"),
    ],
)
def test_wrong_columns_are_refused_in_words(heads: list[str], code: str) -> None:
    with pytest.raises(FileError) as refused:
        read_rows(read_lines(",".join(heads).encode()), KNOWN)

    assert refused.value.code == code


def test_a_hundred_thousand_rows_are_refused_before_all_are_read() -> None:
    book = a_workbook([["名称", "对象类型"], *([["甲", CEMETERY]] * 100_000)])

    with pytest.raises(FileError, match="too-many-rows"):
        read_lines(book)


def test_a_formula_of_a_workbook_is_a_fault_and_never_computed() -> None:
    heads = ["name", "type", "domain", "township", "number"]
    book = a_workbook([heads, ["=1+1", CEMETERY, "funeral", TOWN, "A-1"]])

    wished, faults = read_rows(read_lines(book), KNOWN)

    assert (wished, [one.code for one in faults]) == ([], ["formula"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_as_spreadsheets_here_write_it(encoding: str) -> None:
    (wish,), faults = read_rows(read_lines(a_csv(a_row(), encoding=encoding)), KNOWN)

    assert (wish.name, wish.township, faults) == ("一号公墓", TOWN, [])


@given(st.binary(max_size=300))
def test_whatever_the_bytes_it_is_rows_or_a_refusal(content: bytes) -> None:
    with suppress(FileError):  # whatever else is raised fails the test
        read_rows(read_lines(content), KNOWN)


# ── over HTTP ──────────────────────────────────────────────────────────────────────


class Manager:
    """Somebody who brings lists in."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.client = client
        page = client.get("/import", headers={"accept-language": "en"})
        assert page.status_code == 200
        self.csrf = re.findall('name="csrf" value="([^"]+)"', page.text)[0]

    def bring(self, content: bytes, name: str = "list.csv", which: str = "objects") -> Response:
        return self.client.post(
            "/import", data={"csrf": self.csrf, "list": which}, files={"file": (name, content)},
            headers={"accept-language": "en"},
        )  # fmt: skip

    def confirm(self, preview: Response, **changed: str) -> Response:
        said = {
            name: re.findall(f'name="{name}" value="([^"]+)"', preview.text)[0]
            for name in ("csrf", "token", "digest")
        }
        return self.client.post(
            "/import/confirm", data=said | changed, headers={"accept-language": "en"}
        )


def counts(page: Response) -> list[int]:
    sums = re.findall(r'<dl class="sums">(.*?)</dl>', page.text, re.DOTALL)[0]
    return [int(one) for one in re.findall(r"<dd>(\d+)</dd>", sums)]


@contextmanager
def bureau(path: Path) -> Iterator[tuple[Site, Manager]]:
    with site(path / "data") as here:
        here.tell(
            AreaListed(
                area=TOWN, name_zh="南调街道", name_en="Nandiao", level="township",
                valid_from=date(2026, 1, 1),
            )
        )  # fmt: skip
        here.folded()
        yield here, Manager(here.sign_in(Role.MANAGER))


def test_a_list_is_shown_then_recorded_once_and_then_changes_nothing(tmp_path: Path) -> None:
    content = a_csv(
        a_row(township="南调街道"),
        a_row(number="H-1", name="王小明", object_type=HOME, domain="social_assistance",
              address="某路1号"),
    )  # fmt: skip
    with bureau(tmp_path) as (here, manager):
        size = here.parts.intake.store.size()
        preview = manager.bring(content)
        untouched = here.parts.intake.store.size()
        done = manager.confirm(preview)
        twice = manager.confirm(preview)
        here.folded()
        rows = here.client.get("/views/objects").json()["rows"]
        again = manager.bring(content)
        grown = here.parts.intake.store.size() - size

    assert counts(preview) == [2, 0, 0, 0, 0]
    assert "王小明" not in preview.text
    assert untouched == size
    assert done.status_code == 200
    assert "2 facts were recorded." in done.text
    assert (twice.status_code, grown) == (409, 3)
    assert {(one["name"], one["sealed"]) for one in rows} == {("一号公墓", False), (None, True)}
    assert "This file was imported on" in again.text


def test_while_a_long_file_is_read_the_server_answers_and_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Event()
    read = importing._read

    def slowly(upload: importing.Upload) -> Table:
        upload.rows = 1_234
        assert gate.wait(60)
        return read(upload)

    monkeypatch.setattr(importing, "_read", slowly)
    monkeypatch.setattr(page, "PATIENCE", 0.1)
    with bureau(tmp_path) as (here, manager):
        waiting = manager.bring(a_csv(a_row()))
        still = manager.client.get(waiting.headers["location"], headers={"accept-language": "en"})
        alive = here.client.get("/health").status_code
        gate.set()
        until = monotonic() + 30
        while not (shown := manager.client.get(waiting.headers["location"])).text.count("digest"):
            assert monotonic() < until
        stranger = here.sign_in(Role.MANAGER).get(waiting.headers["location"])

    assert (waiting.status_code, alive, stranger.status_code) == (303, 200, 409)
    assert "row 1\u2009234" in still.text
    assert still.headers["refresh"] == "1"
    assert counts(shown) == [1, 0, 0, 0, 0]


def test_with_a_faulty_row_nothing_is_recorded_whatever_is_confirmed(tmp_path: Path) -> None:
    with bureau(tmp_path) as (here, manager):
        good = manager.bring(a_csv(a_row()))
        size = here.parts.intake.store.size()
        faulty = manager.bring(a_csv(a_row(), a_row(number="A-2", township="?")))
        forged = manager.confirm(good, digest="0" * 64)
        foreign = Manager(here.sign_in(Role.MANAGER)).client.post(
            "/import/confirm", data={"csrf": manager.csrf}
        )

        assert 'name="digest"' not in faulty.text
        assert "has to be mended" in faulty.text
        assert (forged.status_code, foreign.status_code) == (409, 403)
        assert here.parts.intake.store.size() == size


def test_what_changed_since_the_preview_is_shown_anew_and_not_recorded(tmp_path: Path) -> None:
    with bureau(tmp_path) as (here, manager):
        preview = manager.bring(a_csv(a_row()))
        other = manager.bring(a_csv(a_row(name="另一个")))
        assert manager.confirm(other).status_code == 200
        here.folded()
        late = manager.confirm(preview)

    assert late.status_code == 409
    assert counts(late) == [0, 1, 0, 0, 0]


def test_the_list_as_it_stands_brings_back_what_an_import_changed(tmp_path: Path) -> None:
    with bureau(tmp_path) as (here, manager):
        manager.confirm(manager.bring(a_csv(a_row(), a_row(number="A-2", name="二号"))))
        here.folded()
        before = manager.client.get("/import/objects.xlsx?rows=all").content
        assert counts(manager.bring(before, "list.xlsx")) == [0, 0, 0, 0, 2]
        changed = a_csv(a_row(name="改名"), a_row(number="A-2", name="二号", standing="ended"))
        manager.confirm(manager.bring(changed))
        here.folded()
        back = manager.bring(before, "list.xlsx")
        manager.confirm(back)
        here.folded()
        again = manager.bring(manager.client.get("/import/objects.xlsx?rows=all").content)
        rows = here.client.get("/views/objects?order=name").json()["rows"]

    assert counts(back) == [0, 1, 0, 1, 0]
    # the same file to the byte, if it was written within the same second
    assert "there is nothing to do" in again.text or counts(again) == [0, 0, 0, 0, 2]
    assert [one["name"] for one in rows] == ["一号公墓", "二号"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_says_what_belongs_where_and_is_read_again(
    tmp_path: Path, language: str
) -> None:
    with bureau(tmp_path) as (_, manager):
        content = manager.client.get(f"/import/objects.xlsx?lang={language}").content
    sheet: Any = load_workbook(BytesIO(content)).worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    sheet.append(["", "A-1", "甲", "经营性公墓", "殡葬", TOWN])
    held = BytesIO()
    sheet.parent.save(held)
    known = msgspec.structs.replace(KNOWN, domains={"殡葬": "funeral"})

    (wish,), faults = read_rows(read_lines(held.getvalue()), known)

    assert heads[0] == ("对象编号" if language == "zh" else "object")
    assert all(cell.comment for cell in sheet[1])
    assert len(sheet.data_validations.dataValidation) == 4
    assert (wish.number, wish.object_type, faults) == ("A-1", CEMETERY, [])


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.MANAGER])
def test_nobody_else_may_bring_lists_in(tmp_path: Path, role: Role) -> None:
    scope = {"domains": ("funeral",)} if role is Role.SECTION_CHIEF else {}
    scope |= {"townships": (TOWN,)} if role is Role.TOWNSHIP else {}
    with site(tmp_path / "data") as here:
        client = here.sign_in(role, **scope)
        found = [client.get(one).status_code for one in ("/import", "/import/objects.xlsx")]

    assert found == [403, 403]


def test_each_column_has_its_words() -> None:
    assert {one.name for one in OBJECT_COLUMNS} <= {*Wish.__struct_fields__}
    assert len(CHANGES) == 5
