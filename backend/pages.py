"""Pages rendered on the server: Jinja, two languages, no script needed."""

from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from msgspec import Struct

from backend.assets import Assets
from backend.people.guard import Visit
from backend.people.role_words import role_name
from backend.speech import spoken
from events.language import Language, translation

_HERE: Final = Path(__file__).parent
LOCALEDIR: Final = _HERE / "locale"
DOMAIN: Final = "pages"


class Words(Protocol):
    """A catalogue."""

    def gettext(self, message: str) -> str:
        """Return a message in its language."""
        ...

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return a message for `n`."""
        ...


class Pages(Struct, frozen=True):
    """Renders templates; they know the addresses of `assets`."""

    assets: Assets

    @staticmethod
    def words(language: Language) -> Words:
        """Return the catalogue of a language."""
        return _words(language)

    def render(
        self, request: Request[Any, Any, Any], template: str, **context: object
    ) -> Response[str]:
        """Return the page in the reader's language. `?lang=` chooses before the browser does."""
        language = language_of(request)
        html = (
            _environment(language)
            .get_template(template)
            .render(
                language=language,
                asset=self.assets.url,
                path=request.url.path,
                **(_signed_in(request) | context),
            )
        )
        return Response(
            html,
            media_type="text/html; charset=utf-8",
            headers={"content-language": language, "vary": "accept-language"},
        )


def _signed_in(request: Request[Any, Any, Any]) -> dict[str, object]:
    """Return who reads, for the frame; None on open pages."""
    visit = request.scope.get("auth")
    if isinstance(visit, Visit):
        return {"reader": visit.reader, "csrf": visit.csrf}
    return {"reader": None, "csrf": ""}


def language_of(request: Request[Any, Any, Any]) -> Language:
    """Return the language that a request asks for."""
    wanted: str = request.query_params.get("lang", "")
    return spoken(request.headers.get("accept-language", ""), wanted)


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
    environment.globals.update(_=words.gettext, ngettext=words.ngettext)  # pyright: ignore[reportUnknownMemberType]
    environment.globals["role_name"] = lambda role: role_name(role, words.gettext)  # pyright: ignore[reportUnknownLambdaType]
    environment.filters.update(grouped=grouped)  # pyright: ignore[reportUnknownMemberType]
    return environment


def grouped(number: int) -> str:
    """Write a count with thin spaces between thousands: 1 234 567."""
    return f"{number:,}".replace(",", "\u2009")
