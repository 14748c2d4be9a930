"""Problem documents: one table, two languages, a page for each."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.problems import TABLE, document
from backend.speech import spoken
from events import errors
from tests.server import Site, site


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("problems") / "data") as running:
        yield running


def refusals() -> set[str]:
    found: set[str] = set()
    waiting = [errors.Refusal]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__ == "events.errors" and kind is not errors.Refusal:
            found.add(kind.code)
    return found


def test_every_refusal_has_a_row() -> None:
    assert refusals() <= TABLE.keys()


@pytest.mark.parametrize("code", TABLE)
def test_every_problem_says_what_why_and_what_next_in_both_languages(code: str) -> None:
    problem = TABLE[code]

    assert 400 <= problem.status < 600
    for text in (problem.zh.title, problem.zh.what, problem.zh.why, problem.zh.next):
        assert re.search(r"[\u4e00-\u9fff]", text)
    for text in (problem.en.title, problem.en.what, problem.en.why, problem.en.next):
        assert text.isascii()


@pytest.mark.parametrize("code", TABLE)
def test_every_problem_has_a_page(here: Site, code: str) -> None:
    chinese = here.stranger().get(f"/problems/{code}")
    english = here.client.get(f"/problems/{code}?lang=en")

    assert TABLE[code].zh.title in chinese.text
    assert 'lang="zh-CN"' in chinese.text
    assert TABLE[code].en.title in english.text
    assert document(code, "zh")["type"] == f"/problems/{code}"


def test_an_unknown_address_is_a_problem_too(here: Site) -> None:
    for path in ("/nowhere", "/problems/nonsense", "/static/../app.py", "/static/nothing.css"):
        answer = here.client.get(path)

        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_another_method_is_a_problem(here: Site) -> None:
    assert here.client.get("/sync/log").json()["code"] == "method"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.3, zh;q=0.4", "zh"),
        ("fr, de", "zh"),
        ("*", "zh"),
        ("en;q=x", "zh"),
    ],
)
def test_the_language_is_the_reader_s_and_chinese_by_default(accept: str, language: str) -> None:
    assert spoken(accept) == language


def test_answers_carry_the_security_headers(here: Site) -> None:
    for path in ("/", "/nowhere", "/health", "/api", "/problems/conflict", "/views/objects"):
        headers = here.client.get(path).headers

        assert "unsafe" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-request-id"]


@pytest.mark.parametrize("host", ["xunji.example", "127.0.0.1.evil.example", "10.0.0.1", ""])
def test_another_host_is_turned_away(here: Site, host: str) -> None:
    answer = here.client.get("/", headers={"host": host})

    assert (answer.status_code, answer.json()["code"]) == (421, "host")


@pytest.mark.parametrize("host", ["localhost", "localhost:8420", "127.0.0.1:1", "[::1]:8420"])
def test_names_of_this_machine_are_answered(here: Site, host: str) -> None:
    assert here.client.get("/health", headers={"host": host}).status_code == 200


def test_an_unexpected_fault_tells_nothing_of_what_was_sent(
    here: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(here.parts.reading.views, "select", fails)

    answer = here.client.get("/views/objects")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["request"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text


def test_pictures_and_sheets_are_kept_for_ever_and_checked_by_name(here: Site) -> None:
    page = here.client.get("/").text
    (sheet,) = re.findall(r'href="(/static/xunji\.\w+\.css)"', page)

    first = here.client.get(sheet)
    again = here.client.get(sheet, headers={"if-none-match": first.headers["etag"]})

    assert "immutable" in first.headers["cache-control"]
    assert again.status_code == 304
    assert Path(sheet).suffix == ".css"


@pytest.mark.parametrize("path", ["/nowhere", "/map/cell", "/due?until=never"])
def test_a_browser_is_told_on_a_page_whatever_was_wrong(here: Site, path: str) -> None:
    page = here.client.get(path, headers={"accept": "text/html", "accept-language": "en"})
    program = here.client.get(path)

    assert page.status_code == program.status_code
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "What to do next" in page.text
    assert program.headers["content-type"] == "application/problem+json"
