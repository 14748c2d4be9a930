"""What stands around pages: where one may go, in which language, who is silent."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.forms import Forms
from backend.frame import silent
from backend.people.rights import Role
from events.clock import SetClock
from tests.server import NOON, TODAY, Site, Tablet, an_object, site

HTML = {"accept": "text/html", "accept-language": "zh"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("frame") / "data", clock=SetClock(NOON)) as one:
        one.tell(an_object())
        tablet = Tablet(one, townships=("440804001",))
        tablet.enrol()
        one.folded()
        yield one


def ways(here: Site, role: Role, path: str, **scope: tuple[str, ...]) -> str:
    text = here.sign_in(role, **scope).get(path, headers=HTML).text
    return text.partition('<header class="top">')[2].partition("</header>")[0]


def test_only_pages_that_one_may_open_are_offered(here: Site) -> None:
    manager = ways(here, Role.MANAGER, "/monday")
    system = ways(here, Role.SYSTEM_ADMIN, "/tablets")

    assert 'href="/map"' in manager
    assert 'href="/accounts"' not in manager
    assert 'href="/tablets"' in system
    assert 'href="/monday"' not in system


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.MANAGER, "/monday"),
        (Role.SYSTEM_ADMIN, "/tablets"),
        (Role.SECURITY_ADMIN, "/accounts"),
    ],
)
def test_the_first_page_is_the_first_that_one_may_open(here: Site, role: Role, first: str) -> None:
    answer = here.sign_in(role).get("/", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, first)


def test_the_other_language_is_that_of_the_same_page_and_is_remembered(here: Site) -> None:
    client = here.sign_in(Role.MANAGER)
    text = client.get("/due?overdue=true&lang=zh", headers=HTML).text
    assert 'href="/due?overdue=true&amp;lang=en"' in text

    english = client.get("/due?overdue=true&lang=en", headers=HTML).text
    still = client.get("/faults", headers=HTML).text

    assert '<html lang="en">' in english
    assert '<html lang="en">' in still


def test_a_tablet_is_silent_when_a_working_day_passed_whole(here: Site) -> None:
    views = here.parts.reading.views  # 28 May 2026 is a Thursday

    def names(days: int) -> list[str]:
        return [one.name for one in silent(views, TODAY + timedelta(days=days))]

    assert TODAY.weekday() == 3
    assert names(1) == []  # Friday: today is not over
    assert names(4) == ["平板 01"]  # Monday: nothing came on Friday
    assert names(2) == names(3) == []  # the weekend makes nobody silent


def test_silent_tablets_of_other_townships_are_not_told(here: Site) -> None:
    later = f"?today={TODAY + timedelta(days=7)}"
    own = here.sign_in(Role.TOWNSHIP, townships=("440804001",)).get(f"/monday{later}", headers=HTML)
    other = here.sign_in(Role.TOWNSHIP, townships=("440804003",))

    assert "平板 01" in own.text
    assert "平板 01" not in other.get(f"/monday{later}", headers=HTML).text


def test_empty_fields_of_a_form_ask_for_nothing(here: Site) -> None:
    client = here.sign_in(Role.MANAGER)

    answer = client.get("/faults?code=&mended=&from=&to=2026-12-31&township=", headers=HTML)

    assert answer.status_code == 200


def test_what_a_tablet_asks_stays_as_it_was_signed() -> None:
    asked: list[bytes] = []

    async def app(scope: object, receive: object, send: object) -> None:
        asked.append(scope["query_string"])  # type: ignore[index]

    scope = {"type": "http", "method": "GET", "query_string": b"cursor=&limit=5", "headers": []}
    asyncio.run(Forms(app)(scope, None, None))  # type: ignore[arg-type]

    assert asked == [b"cursor=&limit=5"]
