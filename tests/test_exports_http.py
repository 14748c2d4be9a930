"""Exports over HTTP: Excel, CSV and lines of JSON, their checksums, and how they are recomputed."""

import csv
import json
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO, StringIO
from tempfile import TemporaryFile
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from backend.commands import commands
from backend.exports import csv_file, xlsx_file
from backend.exports.about import TITLES
from backend.exports.checksum import Counted, line
from backend.exports.xlsx_file import Titles, fitting, typed
from backend.people.rights import Role
from backend.readings import Reading
from events.command import group
from projections.catalogue import VIEWS
from projections.sqlite_views import SQLiteViews
from projections.views import MemoryViews, Query
from tests.server import TODAY, Site, Tablet, an_item, an_object, site

LISTS = (
    "objects", "items", "inspections", "due", "follow-ups", "procedure", "devices", "caps",
    "joint-visits", "recoveries", "measures", "measures/object_coverage",
    "measures/object_coverage/comparison", "measures/object_coverage/series", "coverage", "goals",
    "causes",
)  # fmt: skip
HOSTILE = '=HYPERLINK("http://evil.example","x")'
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Six objects, one with a name that wants to be a formula; two were inspected."""
    with site(tmp_path_factory.mktemp("exports") / "data") as running:
        objects = [an_object(name=f"墓园 {n}") for n in range(5)]
        running.tell(*objects, an_object(name=HOSTILE), an_item(), an_item(item="MZ-FU-02"))
        tablet = Tablet(running)
        tablet.enrol()
        for one in objects[:2]:
            tablet.inspect(one.object)
        tablet.push()
        running.folded()
        yield running


def asked(here: Site, path: str, kind: str, lang: str = "zh") -> Any:  # noqa: ANN401  httpx's
    mark = "&" if "?" in path else "?"
    answer = here.client.get(f"/views/{path}{mark}format={kind}&lang={lang}")
    assert answer.status_code == 200, answer.text
    return answer


def sheets(content: bytes) -> tuple[dict[str, Any], list[tuple[Any, ...]], list[str]]:
    """Return what a workbook says of itself, its rows, and what its sheets are called."""
    book = load_workbook(BytesIO(content))
    first, second = book.worksheets
    about = {str(row[0]): row[1] for row in first.iter_rows(values_only=True) if len(row) > 1}
    return about, list(second.iter_rows(values_only=True)), book.sheetnames


def xunji(*words: str) -> Result:
    return CliRunner().invoke(group(commands), [str(word) for word in words])


# ── the same rows in each kind of file ─────────────────────────────────────────────


@pytest.mark.parametrize("path", LISTS)
def test_every_list_and_measure_is_also_a_workbook_with_the_same_rows(
    here: Site, path: str
) -> None:
    lines = asked(here, path, "jsonl")
    book = asked(here, path, "xlsx")
    table = asked(here, path, "csv")

    rows = [json.loads(one) for one in lines.text.splitlines()]
    about, held, _ = sheets(book.content)
    assert len(held) == (len(rows) + 1 if rows else 0)
    assert len(list(csv.reader(StringIO(table.content.decode("utf-8-sig"))))) == len(held)
    assert about["SHA-256 of the rows" if "About" in about else "数据行 SHA-256"] == (
        sha256(lines.content).hexdigest()
    )
    sums = {one.headers["xunji-rows-sha256"] for one in (lines, book, table)}
    assert sums == {sha256(lines.content).hexdigest()}
    assert {one.headers["xunji-rows"] for one in (lines, book, table)} == {str(len(rows))}


def test_a_workbook_is_sent_to_whoever_accepts_one(here: Site) -> None:
    answer = here.client.get("/views/objects", headers={"accept": XLSX})

    assert answer.headers["content-type"] == XLSX
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert '.xlsx"' in answer.headers["content-disposition"]


def test_heads_and_sheets_speak_the_language_of_the_reader(here: Site) -> None:
    _, chinese, names = sheets(asked(here, "objects", "xlsx", "zh").content)
    _, english, english_names = sheets(asked(here, "objects", "xlsx", "en").content)

    assert (names, english_names) == (["说明", "数据"], ["About", "Rows"])
    assert "名称" in chinese[0]
    assert "name" in english[0]
    assert not [one for one in chinese[0] if one and one.isascii()]


def test_cells_are_typed_and_the_head_stays(here: Site) -> None:
    content = asked(here, "inspections", "xlsx", "en").content
    _, rows, _ = sheets(content)
    row = dict(zip(rows[0], rows[1], strict=True))

    assert row["started on"] == datetime(TODAY.year, TODAY.month, TODAY.day)  # noqa: DTZ001
    assert row["counts"] is True
    assert load_workbook(BytesIO(content)).worksheets[1].freeze_panes == "A2"


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(here: Site) -> None:
    book = load_workbook(BytesIO(asked(here, "objects", "xlsx").content))
    cells = [one for row in book.worksheets[1].iter_rows() for one in row]

    assert HOSTILE in [one.value for one in cells]
    assert {one.data_type for one in cells} <= {"s", "n", "d", "b", "inlineStr"}
    assert not any(one.hyperlink for one in cells)


def test_a_workbook_says_what_it_was_computed_from(here: Site) -> None:
    about, _, _ = sheets(asked(here, "objects?domain=funeral", "xlsx", "en").content)

    assert about["Counts up to record"] == str(here.parts.intake.store.size())
    assert here.folder.about.bureau in about["History of the bureau"]
    assert "domain=funeral" in about["Asked"]
    assert "objects " in about["Versions of the views"]
    assert about["Judged on"] == str(TODAY)


# ── the checksum ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    [
        "objects?domain=funeral&order=name&direction=falling",
        "inspections?effective=true",
        "items",
        "due",
        "measures",
        "measures/object_coverage?rows=true",
    ],
)
def test_the_command_in_a_workbook_gives_its_checksum_from_the_records_alone(
    here: Site, path: str
) -> None:
    about, _, _ = sheets(asked(here, path, "xlsx", "en").content)
    here.tell(an_object(name="listed since"))
    command, _, hashed = about["Compute it again"].partition(" | ")
    words = [one.strip("'") for one in command.split()[1:]]

    said = xunji(*(str(here.folder.path) if one == "DIR" else one for one in words))

    assert hashed == "sha256sum"
    assert said.exit_code == 0, said.output
    assert sha256(said.stdout_bytes).hexdigest() == about["SHA-256 of the rows"]
    here.folded()


def test_the_command_says_what_cannot_be_exported(here: Site) -> None:
    said = xunji("export", "--data", str(here.folder.path), "/views/nonsense")
    never = xunji("export", "--data", str(here.folder.path), "--at", "yesterday", "/views/items")

    assert (said.exit_code, "404" in said.output) == (1, True)
    assert never.exit_code == 2


def test_a_row_has_one_spelling() -> None:
    one = line({"b": date(2026, 1, 2), "a": ["镇", None, True], "c": 0.5})

    assert one == '{"a":["镇",null,true],"b":"2026-01-02","c":0.5}\n'.encode()
    assert line({"c": 0.5, "a": ["镇", None, True], "b": date(2026, 1, 2)}) == one


# ── bounds ─────────────────────────────────────────────────────────────────────────


def test_all_rows_are_read_at_one_position_while_others_are_folded(here: Site) -> None:
    views = here.parts.reading.views
    with here.parts.reading.unmoved() as still:
        before = still.count("objects")
        here.tell(an_object())
        here.folded()
        after = still.count("objects")
        keys = still.select(Query("objects"))

        assert still.position() < views.position()
    assert (after, len(keys)) == (before, before)
    assert views.count("objects") == before + 1


def test_views_in_memory_have_no_snapshot() -> None:
    views = SQLiteViews(":memory:", VIEWS)
    try:
        with views.snapshot() as nothing:
            assert nothing is None
    finally:
        views.close()


def test_where_there_is_no_snapshot_the_views_are_held_still(here: Site) -> None:
    reading = here.parts.reading
    alone = Reading(MemoryViews(VIEWS), reading.store, here.clock, b"", lambda: 0)

    with alone.unmoved() as still:
        assert still is alone.views
        with ThreadPoolExecutor(1) as other:
            assert not other.submit(alone.still.acquire, blocking=False).result()


def test_a_snapshot_is_only_read(here: Site) -> None:
    with here.parts.reading.unmoved() as still:
        with pytest.raises(Exception, match="only read"):
            still.save({}, 0, 1)
        with pytest.raises(Exception, match="only read"):
            still.reset()


def invented(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        yield {"object": f"object {number}", "name": "墓园" * 20, "uses": number, "on": TODAY}


def peak(write: Any, count: int) -> int:  # noqa: ANN401  a function
    """Return how many bytes were held at most while rows were written to a file."""
    with TemporaryFile() as file:
        tracemalloc.start()
        try:
            write(Counted(invented(count)), file)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def in_csv(rows: Counted, file: Any) -> None:  # noqa: ANN401  a file
    csv_file.write(rows, file, str)


def in_xlsx(rows: Counted, file: Any) -> None:  # noqa: ANN401  a file
    xlsx_file.write(rows, file, str, Titles("a", "b", "c"), lambda _: [("n", str(rows.rows))])


def test_memory_does_not_grow_with_the_rows_of_a_table() -> None:
    assert peak(in_csv, 100_000) < peak(in_csv, 1_000) + 500_000


def test_memory_does_not_grow_with_the_rows_of_a_workbook() -> None:
    assert peak(in_xlsx, 20_000) < peak(in_xlsx, 1_000) + 2_000_000


def test_what_a_sheet_cannot_hold_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "MOST_ROWS", 3)
    told: list[bool] = []
    file = BytesIO()

    xlsx_file.write(
        invented(5), file, str, Titles("a", "b", "c"), lambda cut: told.append(cut) or []
    )

    _, rows, _ = sheets(file.getvalue())
    assert (len(rows), told) == (4, [True])


def test_a_text_that_no_cell_takes_ends_with_an_ellipsis() -> None:
    assert fitting("x" * 40_000) == "x" * 32_766 + "…"


def test_days_of_views_are_days_and_other_texts_are_not() -> None:
    assert typed("started_on", "2026-10-01") == date(2026, 10, 1)
    assert typed("name", "2026-10-01") == "2026-10-01"
    assert typed("ended_on", "soon") == "soon"
    assert typed("on", date(1900, 1, 1)) == "1900-01-01"
    assert typed("items", ["a", "b"]) == "a b"


# ── who may ────────────────────────────────────────────────────────────────────────


def test_who_may_read_a_list_but_not_export_gets_no_file(here: Site) -> None:
    inspector = here.sign_in(Role.INSPECTOR)

    assert inspector.get("/views/objects").status_code == 200
    for kind in ("csv", "xlsx", "jsonl"):
        answer = inspector.get(f"/views/objects?format={kind}")
        assert (answer.status_code, answer.json()["code"]) == (403, "no-right")


def test_a_township_exports_its_own(here: Site) -> None:
    own = here.sign_in(Role.TOWNSHIP, townships=("440804002",))

    answer = own.get("/views/objects?format=jsonl")

    assert (answer.status_code, answer.content) == (200, b"")
    assert "440804002" in answer.headers["xunji-as-of"]


def test_every_table_has_a_title() -> None:
    assert {"objects", "items", "inspections", "due", "follow-ups", "procedure"} <= set(TITLES)
