"""The report of a month: what the PDF says, to whom, and that it can be computed again."""

import os
import re
import shlex
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from httpx import Client, Response
from pypdf import PdfReader

from backend import measure_words as naming
from backend.commands import commands
from backend.folder import DataFolder
from backend.pages import Pages
from backend.people.rights import Role
from events.clock import SetClock
from events.command import group
from events.language import Language
from events.orders import RectificationOrdered
from events.register import AreaListed, OfficerListed
from projections.measures import MEASURES
from tests.server import (
    NOON,
    Site,
    Tablet,
    a_visit,
    an_item,
    an_object,
    inspected,
    new_id,
    site,
)

T1, T2 = "440804001", "440804002"
HOSTILE = (
    '#import "x"',
    "$x$ #panic()",
    "a ] b",
    "a \\\\ b \\u{41}",
    "two\nlines",
    '=HYPERLINK("http://evil.example","x")',
    "*a* _b_ `c` <d> @e // f",
)
BUREAU = '#import "x" $x$ ] \\\\ =HYPERLINK("y")'
PLACE = "#place[$y$] \\"
CREW = (new_id(), new_id())
OFFICERS = ("欧阳秘一", "司徒秘二")
SINCE = date(2026, 1, 1)
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Seven overdue cemeteries with names like commands; four homes in a township of their own."""
    path = tmp_path_factory.mktemp("report") / "data"
    DataFolder.create(path, BUREAU, os.urandom, SetClock(NOON))
    with site(path) as running:
        places = [an_object(name=name) for name in HOSTILE]
        homes = [
            an_object(
                object_type="low_income_household", domain="social_assistance", name=None,
                township=T2,
            )
            for _ in range(4)
        ]  # fmt: skip
        running.tell(
            *places, *homes, an_item(), an_item(item="MZ-FU-02"),
            *(OfficerListed(officer=key, name=name, role="officer", valid_from=SINCE)
              for key, name in zip(CREW, OFFICERS, strict=True)),
            AreaListed(area=T1, name_zh=PLACE, name_en=PLACE, level="township",
                       valid_from=SINCE, tile=(0, 0)),
            AreaListed(area=T2, name_zh="麻斜街道", name_en="Maxie", level="township",
                       valid_from=SINCE, tile=(0, 1)),
        )  # fmt: skip
        tablet = Tablet(running)
        tablet.enrol()
        for one in places:
            visit = a_visit(one.object)
            for fact in inspected(visit, running.clock.now(), CREW):
                tablet.writer.record(fact)
            tablet.writer.record(
                RectificationOrdered(visit=visit, order=new_id(), deadline=date(2026, 5, 4))
            )
        assert tablet.push().status_code == 200
        running.folded()
        yield running


@pytest.fixture(scope="module")
def reports(here: Site) -> dict[Language, Response]:
    """The report of May in both languages; May is under way."""
    return {language: asked(here.client, language) for language in LANGUAGES}


def asked(client: Client, language: Language = "zh", query: str = "month=2026-05") -> Response:
    answer = client.get(f"/exports/report.pdf?{query}&lang={language}")
    assert answer.status_code == 200, answer.text
    return answer


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def joined(text: str) -> str:
    """Return a text without its spaces: where lines break is the setter's affair."""
    return "".join(text.split())


def said(answer: Response) -> str:
    return joined("".join(pages(answer.content)))


def xunji(*words: str) -> Result:
    return CliRunner().invoke(group(commands), words)


# ── what it says ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_tells_the_thirteen_measures_with_what_was_done_of_what(
    reports: dict[Language, Response], language: Language
) -> None:
    text, words = said(reports[language]), Pages.words(language)
    names = [joined(naming.measure_name(name, words)) for name in MEASURES]
    at = [text.find(name) for name in names]

    assert len(at) == 13
    assert -1 not in at
    assert at == sorted(at)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MEASURES)
def test_of_each_measure_it_tells_what_the_measure_says(
    here: Site, reports: dict[Language, Response], name: str, language: Language
) -> None:
    words = Pages.words(language)
    asked_of = "from=2026-05-01&to=2026-05-31"
    (figure, *_) = here.client.get(f"/views/measures/{name}?{asked_of}").json()["figures"]
    of = f"{figure['done']}/{figure['of']}" if figure["of"] else ""
    told = naming.rate_words(figure["words"], words) + of

    assert joined(naming.measure_how(name, words) + told) in said(reports[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_officer_is_named_in_it(reports: dict[Language, Response], language: Language) -> None:
    text = said(reports[language])

    assert [one for one in (*OFFICERS, *CREW, *(key[:8] for key in CREW)) if one in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_says_up_to_which_record_it_counts_its_checksum_and_its_number(
    here: Site, reports: dict[Language, Response], language: Language
) -> None:
    found = [joined(one) for one in pages(reports[language].content)]
    size = here.parts.intake.store.size()

    for number, page in enumerate(found, 1):
        assert reports[language].headers["xunji-content-sha256"] in page
        if language == "zh":
            assert f"统计至第{size}条记录" in page
            assert f"第{number}页，共{len(found)}页" in page
        else:
            assert f"Countsuptorecord{size}" in page
            assert f"page{number}of{len(found)}" in page


def test_the_file_says_its_language_and_its_structure(reports: dict[Language, Response]) -> None:
    for language, answer in reports.items():
        root = PdfReader(BytesIO(answer.content)).root_object
        assert str(root["/Lang"]).startswith(language)
        assert "/StructTreeRoot" in root
        assert f"-{language}.pdf" in answer.headers["content-disposition"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_that_look_like_commands_stand_as_they_are_written(
    reports: dict[Language, Response], language: Language
) -> None:
    text = said(reports[language])

    assert [name for name in (*HOSTILE, BUREAU, PLACE) if joined(name) not in text] == []


def test_nothing_in_it_leads_elsewhere(reports: dict[Language, Response]) -> None:
    reader = PdfReader(BytesIO(reports["en"].content))

    assert not any("/Annots" in page for page in reader.pages)
    assert not {"/OpenAction", "/AA", "/AcroForm"} & reader.root_object.keys()


def test_fewer_than_five_homes_are_not_told_in_the_matrix(here: Site) -> None:
    text = said(asked(here.client, "en"))
    matrix = text[text.index("Domainsintownships") : text.index("Overdue")]

    assert re.search(r"Maxie[^M]*<5", matrix)
    assert "/4" not in matrix
    assert "7/7" in matrix


# ── that it can be trusted ─────────────────────────────────────────────────────────


def test_the_same_position_gives_the_same_bytes(
    here: Site, reports: dict[Language, Response]
) -> None:
    again = asked(here.client)

    assert again.headers["xunji-content-sha256"] == reports["zh"].headers["xunji-content-sha256"]
    assert again.content == reports["zh"].content


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_it_names_prints_the_checksum_it_bears(
    here: Site, reports: dict[Language, Response], language: Language, tmp_path: Path
) -> None:
    last = " ".join(pages(reports[language].content)[-1].split())
    named = re.search(r"xunji (report .* --out) report\.pdf", last)
    assert named is not None, last
    out = tmp_path / "again.pdf"
    words = [str(here.folder.path) if word == "DIR" else word for word in shlex.split(named[1])]
    here.tell(an_object(name="later"))  # what came after its position does not count

    done = xunji(*words, str(out))

    assert done.exit_code == 0, done.output
    assert done.output.strip() == reports[language].headers["xunji-content-sha256"]
    assert out.read_bytes() == reports[language].content


def test_what_is_recorded_later_changes_the_checksum(
    here: Site, reports: dict[Language, Response]
) -> None:
    here.tell(an_object(name="newer"))
    here.folded()

    assert asked(here.client).headers["xunji-content-sha256"] not in {
        one.headers["xunji-content-sha256"] for one in reports.values()
    }


# ── what is refused, and who sees what ─────────────────────────────────────────────


@pytest.mark.parametrize(
    ("month", "reason"),
    [
        ("2026-06", "has not begun"),
        ("9999-12", "has not begun"),
        ("2026-13", "not a month such as 2026-10"),
        ("2026-5", "not a month such as 2026-10"),
        ("0000-01", "not a month such as 2026-10"),
        ("２０２６-05", "not a month such as 2026-10"),
        ("x' #x", "not a month such as 2026-10"),
    ],
)
def test_a_month_that_is_none_or_has_not_begun_is_refused_with_words(
    here: Site, month: str, reason: str
) -> None:
    answer = here.client.get("/exports/report.pdf", params={"month": month})

    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {"name": "month", "reason": reason} in answer.json()["parameters"]


@pytest.mark.parametrize("month", ["2026-13", "may", "0000-01"])
def test_the_command_refuses_a_month_that_is_none(here: Site, month: str, tmp_path: Path) -> None:
    out = tmp_path / "none.pdf"
    done = xunji("report", "--data", str(here.folder.path), "--month", month, "--out", str(out))

    assert done.exit_code == 2
    assert f"{month} is not a month" in done.output
    assert not out.exists()


def test_there_is_a_report_of_the_first_month_that_a_calendar_has(here: Site) -> None:
    text = said(asked(here.client, "en", "month=0001-01"))

    assert "Noinspectionofthismonthwentagainstprocedure" in text


def test_who_has_a_township_gets_only_that(here: Site) -> None:
    client = here.sign_in(Role.TOWNSHIP, townships=(T2,))

    own, others = said(asked(client, "en")), joined(PLACE)

    assert "Maxie" in own
    assert not [name for name in (*HOSTILE[1:], others) if joined(name) in own]
    answer = client.get(f"/exports/report.pdf?month=2026-05&township={T1}&lang=en")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")


def test_only_who_may_export_gets_it(here: Site) -> None:
    assert here.sign_in(Role.INSPECTOR).get("/exports/report.pdf").status_code == 403
    assert here.stranger().get("/exports/report.pdf").status_code == 401
