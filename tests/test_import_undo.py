"""An import is recorded once, whoever brings the file; and it can be taken back as a whole."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

from httpx import Client, Response
from hypothesis import given
from hypothesis import strategies as st

from backend.imports.object_plan import plan
from backend.imports.object_rows import Wish
from backend.imports.returning import Act, Turn, returning
from backend.imports.undoing import object_turns, same_object
from backend.people.rights import Role
from backend.people.sessions import csrf_of
from events import vocabulary
from events.register import AreaListed, ImportUndone, ListImported, ObjectRevised
from projections.spans import spans_of
from tests.server import Site, Tablet, serving, signed_in, site
from tests.test_imports import (
    HOME,
    Manager,
    Register,
    a_csv,
    a_row,
    bureau,
    counts,
    days,
    wishes,
)

# ── the rule ───────────────────────────────────────────────────────────────────────

WINDOW = [date(2026, 5, 25) + timedelta(days=passed) for passed in range(40)]


def reads(turns: Sequence[Turn], day: date) -> tuple[bool, Any]:
    """Return whether something is on the list on a day, and as what."""
    changes = [(turn.day, turn.position, turn.on) for turn in turns if turn.on is not None]
    active = any(span.start <= day <= span.end for span in spans_of(changes))
    told = [turn for turn in turns if turn.listing is not None and turn.day <= day]
    newest = max(told, key=lambda turn: (turn.day, turn.position), default=None)
    listing = newest.listing if newest else None
    members = ("object_type", "domain", "township", "name", "attributes")
    return active, [getattr(listing, one) for one in members] if active else None


def recorded(turns: Sequence[Turn], acts: Sequence[Act]) -> list[Turn]:
    on = {"close": False, "revise": None, "list": True}
    last = max((turn.position for turn in turns), default=0)
    made = [
        Turn(last + number, act.day, on[act.what], act.listing)
        for number, act in enumerate(acts, 1)
    ]
    return [*turns, *made]


@given(st.lists(st.tuples(st.lists(wishes, max_size=4), days), min_size=1, max_size=4))
def test_every_day_reads_as_before_an_import_that_was_taken_back(
    files: list[tuple[list[Wish], date]],
) -> None:
    held = Register()
    rows: dict[str, list[Any]] = {}
    for wished, day in sorted(files, key=lambda pair: pair[1]):
        rows = {key: list(row) for key, row in held.rows.items()}
        shown = plan(wished, (), held.held(), held.card, day)
        if shown.may_be_recorded:
            held.record(shown, day)

    for key, after in held.rows.items():
        before = rows.get(key, [])
        earlier = object_turns(before)
        wrote = object_turns(after[len(before) :])
        back = recorded([*earlier, *wrote], returning(earlier, wrote, same_object))
        for day in WINDOW:
            assert reads(back, day) == reads(earlier, day), (key, day)


# ── the same file, once ────────────────────────────────────────────────────────────


def facts(here: Site, kind: type) -> list[Any]:
    tag = vocabulary.tag_of(kind)
    found = here.parts.intake.store.read(0, 1_000, (tag,))
    return [vocabulary.decode(one.tag, one.record().entry.body) for one in found]


def test_an_import_is_named_by_a_fact_in_the_same_append_as_what_it_wrote(tmp_path: Path) -> None:
    content = a_csv(a_row(), a_row(number="A-2", name="二号"))
    with bureau(tmp_path) as (here, manager):
        manager.confirm(manager.bring(content, "C:\\表\\440804199001011234.csv"))
        (fact,) = facts(here, ListImported)
        store = here.parts.intake.store
        log = here.parts.office.log
        end = store.held(log).sequence
        tags = [one.tag for one in store.read_log(log, end - 3, 3)]

    assert tags == ["object-listed.v1", "object-listed.v1", "list-imported.v1"]
    assert (fact.list, fact.facts, fact.listed, fact.revised) == ("objects", 2, 2, 0)
    assert "440804199001011234" not in fact.file


def test_the_same_file_again_says_when_and_by_whom_and_records_nothing(tmp_path: Path) -> None:
    content = a_csv(a_row())
    with bureau(tmp_path) as (here, manager):
        manager.confirm(manager.bring(content))
        size = here.parts.intake.store.size()
        other = Manager(here.sign_in(Role.MANAGER))
        again = other.bring(content, "another name.csv")
        changed = other.bring(a_csv(a_row(name="二号")))

        assert here.parts.intake.store.size() == size

    assert "This file was imported on" in again.text
    assert "李明 (manager-" in again.text
    assert 'name="digest"' not in again.text
    assert counts(changed) == [0, 1, 0, 0, 0]


def test_two_people_who_confirm_the_same_file_at_once_record_it_once(tmp_path: Path) -> None:
    content = a_csv(*(a_row(number=f"A-{n}", name=f"{n}号") for n in range(30)))
    with bureau(tmp_path) as (here, manager):
        both = [manager, Manager(here.sign_in(Role.MANAGER))]
        shown = [one.bring(content) for one in both]
        start = Barrier(2)

        def confirmed(number: int) -> Response:
            start.wait()
            return both[number].confirm(shown[number])

        with ThreadPoolExecutor(2) as people:
            answers = list(people.map(confirmed, range(2)))
        here.folded()
        listed = here.client.get("/views/objects?limit=1000").json()["rows"]

        assert len(facts(here, ListImported)) == 1

    said = sorted("This file was imported on" in one.text for one in answers)
    assert (said, len(listed)) == ([False, True], 30)


def test_a_file_whose_answer_was_lost_is_known_again(tmp_path: Path) -> None:
    content = a_csv(a_row())
    with bureau(tmp_path) as (_, manager):
        shown = manager.bring(content)
        manager.confirm(shown)  # and whoever asked never hears of it
    with site(tmp_path / "data") as here:
        manager = Manager(here.sign_in(Role.MANAGER))
        again = manager.bring(content)

        assert len(facts(here, ListImported)) == 1

    assert "This file was imported on" in again.text


def test_a_server_that_is_killed_records_all_of_a_file_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "data"
    content = a_csv(*(a_row(number=f"A-{n}", name=f"{n}号") for n in range(300)))
    with site(path) as here:
        town = AreaListed("440804001", "南调街道", "Nandiao", "township", date(2026, 1, 1))
        here.tell(town)
        here.folded()
    session = signed_in(path, Role.MANAGER)
    with serving(path) as served, ThreadPoolExecutor(1) as person:
        manager = Manager(Client(base_url=served.address, cookies=session, timeout=60))
        shown = manager.bring(content)
        asked = person.submit(manager.confirm, shown)
        served.process.kill()
        asked.exception()  # whether there was an answer or none
    with site(path) as here:
        manager = Manager(here.sign_in(Role.MANAGER))
        shown = manager.bring(content)
        if "This file was imported on" not in shown.text:
            manager.confirm(shown)
        here.folded()
        rows = here.client.get("/views/objects?limit=1000").json()["rows"]

        assert len(facts(here, ListImported)) == 1

    assert len(rows) == 300


# ── taken back ─────────────────────────────────────────────────────────────────────


def digest_of(page: Response) -> str:
    return page.text.partition('name="digest" value="')[2].partition('"')[0]


def undo(manager: Manager, imported: str, digest: str | None = None) -> Response:
    headers = {"accept-language": "en"}
    page = manager.client.get(f"/imports/{imported}", headers=headers)
    said = {"csrf": manager.csrf, "digest": digest_of(page) if digest is None else digest}
    return manager.client.post(f"/imports/{imported}", data=said, headers=headers)


def brought(here: Site, manager: Manager, *rows: dict[str, object]) -> str:
    assert manager.confirm(manager.bring(a_csv(*rows))).status_code == 200
    here.folded()
    return str(facts(here, ListImported)[-1].imported)


def brought_as(here: Site, manager: Manager, content: bytes, which: str) -> str:
    assert manager.confirm(manager.bring(content, which=which)).status_code == 200
    here.folded()
    return str(facts(here, ListImported)[-1].imported)


def listed(here: Site) -> list[tuple[str, bool]]:
    here.folded()
    rows = here.client.get("/views/objects?order=name&closed=true").json()["rows"]
    return [(row["name"], row["ended_on"] is None) for row in rows]


def test_an_import_taken_back_leaves_the_list_as_it_was(tmp_path: Path) -> None:
    first = (a_row(), a_row(number="A-2", name="二号"), a_row(number="A-3", name="三号"))
    with bureau(tmp_path) as (here, manager):
        brought(here, manager, *first)
        before = listed(here)
        imported = brought(
            here, manager, a_row(name="改名"), a_row(number="A-2", standing="ended", name="二号"),
            a_row(number="A-4", name="四号"),
        )  # fmt: skip
        during = listed(here)
        page = manager.client.get(f"/imports/{imported}", headers={"accept-language": "en"}).text
        done = undo(manager, imported)
        twice = undo(manager, imported)
        after = listed(here)
        (fact,) = facts(here, ImportUndone)
        again = manager.bring(
            a_csv(a_row(name="改名"), a_row(number="A-2", standing="ended", name="二号"),
                  a_row(number="A-4", name="四号"))
        )  # fmt: skip

    assert during != before
    assert "3 rows stand again" in page
    assert "Taken back: 3 facts were recorded." in done.text
    assert "It was taken back on" in twice.text
    assert after == before
    assert (fact.imported, fact.facts, fact.put_back, fact.left) == (imported, 3, 3, 0)
    assert counts(again) == [1, 1, 1, 0, 0]


def test_what_was_changed_since_is_named_and_left(tmp_path: Path) -> None:
    with bureau(tmp_path) as (here, manager):
        brought(here, manager, a_row(), a_row(number="A-2", name="二号"))
        imported = brought(here, manager, a_row(name="改名"), a_row(number="A-2", name="改名二"))
        brought(here, manager, a_row(number="A-2", name="又改"))
        page = manager.client.get(f"/imports/{imported}", headers={"accept-language": "en"}).text
        done = undo(manager, imported)
        after = listed(here)

    assert "1 row is left" in page
    assert "It was changed again since." in page
    assert "1 row was left as it is." in done.text
    assert after == [("一号公墓", True), ("又改", True)]


def test_an_object_that_was_inspected_since_is_left(tmp_path: Path) -> None:
    with bureau(tmp_path) as (here, manager):
        imported = brought(here, manager, a_row())
        (row,) = here.client.get("/views/objects").json()["rows"]
        tablet = Tablet(here)
        tablet.enrol()
        tablet.inspect(row["object"])
        assert tablet.push().status_code == 200
        here.folded()
        page = manager.client.get(f"/imports/{imported}", headers={"accept-language": "en"}).text

    assert "An inspection was recorded there since." in page
    assert "Take the import back" not in page


def test_nothing_is_taken_back_but_what_was_shown(tmp_path: Path) -> None:
    with bureau(tmp_path) as (here, manager):
        brought(here, manager, a_row())
        imported = brought(here, manager, a_row(name="改名"))
        size = here.parts.intake.store.size()
        forged = undo(manager, imported, "0" * 64)
        unknown = undo(manager, "a" * 26, "")

        assert here.parts.intake.store.size() == size

    assert (forged.status_code, unknown.status_code) == (409, 404)


def test_a_home_s_sealed_name_is_put_back_and_stays_sealed(tmp_path: Path) -> None:
    home = {"number": "H-1", "object_type": HOME, "domain": "social_assistance"}
    with bureau(tmp_path) as (here, manager):
        brought(here, manager, a_row(**home, name="王小明", address="某路1号"))
        imported = brought(here, manager, a_row(**home, name="错名", address="某路2号"))
        page = undo(manager, imported)
        here.folded()
        same = manager.bring(a_csv(a_row(**home, name="王小明", address="某路1号", level="")))
        revised = facts(here, ObjectRevised)[-1]

    assert "王小明" not in page.text
    assert counts(same) == [0, 0, 0, 0, 1]
    assert (revised.name, revised.sealed[0].name) == (None, "card")


def test_the_list_of_imports_says_what_stands_and_what_was_taken_back(tmp_path: Path) -> None:
    with bureau(tmp_path) as (here, manager):
        empty = manager.client.get("/imports", headers={"accept-language": "en"}).text
        first = brought(here, manager, a_row())
        brought(here, manager, a_row(number="A-2", name="二号"))
        undo(manager, first)
        here.folded()
        page = manager.client.get("/imports", headers={"accept-language": "en"}).text

    assert "Nothing was imported yet." in empty
    assert page.count("/imports/") >= 2
    assert "taken back" in page
    assert ">stands<" in page


def test_an_auditor_reads_the_imports_and_takes_none_back(tmp_path: Path) -> None:
    english = {"accept-language": "en"}
    with bureau(tmp_path) as (here, manager):
        brought(here, manager, a_row())
        imported = brought(here, manager, a_row(name="改名"))
        auditor = here.sign_in(Role.AUDITOR)
        listed = auditor.get("/imports", headers=english).text
        page = auditor.get(f"/imports/{imported}", headers=english).text
        refused = auditor.post(
            f"/imports/{imported}",
            data={"csrf": csrf_of(auditor.cookies["xunji"]), "digest": "x"},
            headers=english,
        )
        stands = len(facts(here, ImportUndone))
        closed = here.sign_in(Role.INSPECTOR).get("/imports", headers=english)

    assert f"/imports/{imported}" in listed
    assert "/import?" not in listed + page
    assert "改名" in page
    assert "Take it back" not in page
    assert (refused.status_code, closed.status_code, stands) == (403, 403, 0)
