"""The words of measures: one table, complete in both languages."""

from itertools import chain
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from backend import measure_words as naming
from backend.pages import LOCALEDIR, Pages
from projections.catalogue import VIEWS
from projections.coverage import DOMAINS
from projections.fold import catch_up
from projections.measures import MEASURES
from projections.question import Question
from projections.views import MemoryViews
from tests.district import Q1, TODAY, V1
from tests.histories import an_id
from tests.whole_district import the_whole_district

BACKEND = LOCALEDIR.parent
ZH, EN = Pages.words("zh"), Pages.words("en")


@pytest.fixture(scope="module")
def views() -> MemoryViews:
    target = MemoryViews(VIEWS)
    catch_up(the_whole_district().store(), target)
    return target


def in_catalogue() -> set[str]:
    with (LOCALEDIR / "zh/LC_MESSAGES/pages.po").open("rb") as opened:
        said = [message for message in read_po(opened) if message.id and message.string]
    return set(
        chain.from_iterable(one.id if isinstance(one.id, tuple) else (one.id,) for one in said)
    )


@pytest.mark.parametrize(
    "source",
    [
        "measure_words.py", "measures_table.py", "overview.py", "overview_figures.py",
        "commands.py", "templates/overview.html", "templates/base.html", "frame.py",
        "templates/frame.html", "templates/monday.html", "templates/lists.html",
        "templates/listing.html", "templates/officers.html", "templates/faces.html",
        "templates/follow_ups.html", "templates/faults.html", "templates/due.html",
        "templates/caps.html", "pages_of/monday.py", "pages_of/officers.py", "pages_of/faces.py",
        "pages_of/follow_ups.py", "pages_of/caps.py", "pages_of/filtering.py",
    ],
)  # fmt: skip
def test_every_text_has_its_chinese(source: str) -> None:
    path: Path = BACKEND / source
    method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
    used = {
        text
        for _, texts, _, _ in extract_from_file(method, str(path))
        for text in (texts if isinstance(texts, tuple) else (texts,))
    }

    assert used
    assert used - in_catalogue() == set()


def test_every_measure_has_a_name_and_says_what_it_divides() -> None:
    for name in MEASURES:
        assert naming.measure_name(name, ZH) != naming.measure_name(name, EN)
        assert naming.measure_how(name, ZH) != naming.measure_how(name, EN) != ""


def test_every_figure_breakdown_number_and_list_has_a_name(views: MemoryViews) -> None:
    question = Question(views, Q1, TODAY)
    unnamed: set[str] = set()
    for one in MEASURES.values():
        found = one.compute(question)
        names = (*found.figures, *found.by, *found.numbers, *found.lists)
        unnamed |= {name.partition(".")[0] for name in names} - naming.NAMES.keys()

    assert unnamed == set()


def test_every_domain_has_a_name() -> None:
    assert set(DOMAINS) == set(naming.DOMAINS)


def test_what_is_not_in_the_table_is_said_as_it_is_written() -> None:
    assert naming.measure_name("some_new_measure", ZH) == "some new measure"
    assert naming.measure_how("some_new_measure", ZH) == ""
    assert naming.called("some_list.of_it", EN) == "some list · of_it"


def test_numbers_of_a_domain_are_named_with_it() -> None:
    assert naming.called("inspections.funeral", ZH) == "检查 · 殡葬"
    assert naming.called("inspections.funeral", EN) == "inspections · funeral affairs"


def test_rows_are_called_by_their_names_and_homes_have_none(views: MemoryViews) -> None:
    shop, home, officer = an_id("A"), an_id("E"), an_id("Chen")

    name_of = naming.namer(views, {shop, home, f"{officer}|{V1}", "funeral|x"}, "zh", ZH)

    assert (name_of(shop), name_of(home)) == ("Object A", "")
    assert name_of(f"{officer}|{V1}") == "Chen"
    assert name_of("funeral|x") == "殡葬"


def test_types_of_objects_are_called_as_in_the_bureaus_list() -> None:
    assert naming.type_name("low_income_household", "zh")
    assert naming.type_name("low_income_household", "en") != naming.type_name(
        "low_income_household", "zh"
    )
    assert naming.type_name("no such type", "zh") == ""
