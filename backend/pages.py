"""Pages rendered on the server: Jinja, two languages, no script needed."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from msgspec import Struct

from backend.assets import Assets
from backend.links import next_link
from backend.people.guard import Visit
from backend.people.reader import Reader
from backend.people.rights import Role
from backend.people.role_words import account_fault, browser_name, role_name
from backend.people.sessions import IDLE_SECONDS
from backend.speech import spoken
from events.clock import CHINA, moment
from events.language import Language, translation

_HERE: Final = Path(__file__).parent
LOCALEDIR: Final = _HERE / "locale"
DOMAIN: Final = "pages"
LANGUAGE: Final = "xunji-language"  # a cookie


class Words(Protocol):
    """A catalogue."""

    def gettext(self, message: str) -> str:
        """Return a message in its language."""
        ...

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return a message for `n`."""
        ...


class Around(Protocol):
    """What stands around a page of somebody who is signed in (`backend.frame`)."""

    def around(
        self, request: Request[Any, Any, Any], reader: Reader, words: Words
    ) -> Mapping[str, object]:
        """Return what the template needs for a reader."""
        ...


class Pages(Struct, frozen=True):
    """Renders templates; they know the addresses of `assets`."""

    assets: Assets
    frame: Around | None = None

    @staticmethod
    def words(language: Language) -> Words:
        """Return the catalogue of a language."""
        return _words(language)

    def render(
        self, request: Request[Any, Any, Any], template: str, **context: object
    ) -> Response[str]:
        """Return the page in the reader's language. What `?lang=` chose once is remembered."""
        language = language_of(request)
        chosen = request.query_params.get("lang") == language
        html = (
            _environment(language)
            .get_template(template)
            .render(
                language=language,
                asset=self.assets.url,
                path=request.url.path,
                other_language=next_link(request, lang="en" if language == "zh" else "zh"),
                **(self._signed_in(request, language) | context),
            )
        )
        return Response(
            html,
            media_type="text/html",
            headers={"content-language": language, "vary": "accept-language, cookie, hx-request"},
            cookies=[_remembered(language)] if chosen else None,
        )

    def _signed_in(self, request: Request[Any, Any, Any], language: Language) -> dict[str, object]:
        """Return who reads, and what stands around it; nobody on open pages."""
        visit: object = request.scope.get("auth")  # pyright: ignore[reportUnknownMemberType]
        if not isinstance(visit, Visit):
            return {"reader": None, "csrf": ""}
        found: dict[str, object] = {
            "reader": visit.reader,
            "csrf": visit.csrf,
            "idle_seconds": IDLE_SECONDS,
        }
        if self.frame:
            found |= self.frame.around(request, visit.reader, _words(language))
        return found


def is_partial(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a part of a page is asked for by htmx: the rest is left out."""
    return "hx-request" in request.headers and "hx-boosted" not in request.headers


def language_of(request: Request[Any, Any, Any]) -> Language:
    """Return the language that a request asks for: by `?lang=`, as it did before, or by header."""
    wanted: str = request.query_params.get("lang", "") or request.cookies.get(LANGUAGE, "")
    return spoken(request.headers.get("accept-language", ""), wanted)


def _remembered(language: Language) -> Cookie:
    """Return the cookie by which the next page speaks as this one does."""
    return Cookie(LANGUAGE, value=language, path="/", httponly=True, samesite="strict")


@cache
def _words(language: Language) -> Words:
    return translation(DOMAIN, LOCALEDIR, language)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = _words(language)

    def role(one: Role) -> str:
        return role_name(one, words.gettext)

    def fault(reason: str) -> str:
        return account_fault(reason, words.gettext)

    told: dict[str, Callable[..., str]] = {
        "_": words.gettext,
        "ngettext": words.ngettext,
        "role_name": role,
        "account_fault": fault,
    }
    environment.globals.update(told)  # pyright: ignore[reportUnknownMemberType]
    environment.filters.update(grouped=grouped, wall=wall, browser_name=browser_name)  # pyright: ignore[reportUnknownMemberType]
    return environment


def grouped(number: int) -> str:
    """Write a count with thin spaces between thousands: 1 234 567."""
    return f"{number:,}".replace(",", "\u2009")


def wall(at: int) -> str:
    """Write a moment in microseconds as the clocks of China show it."""
    return moment(at, CHINA).strftime("%Y-%m-%d %H:%M")
