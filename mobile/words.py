"""Words for people. Message ids are English; the language can change while the app runs."""

from gettext import NullTranslations, translation
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]

DOMAIN = "mobile"
FOLDER = Path(__file__).parent / "locale"


class _Speaker:
    """Who speaks now: English as written here, until a catalogue is chosen."""

    language: Language = "en"
    catalogue: NullTranslations = NullTranslations()


def use(language: Language, folder: Path | None = None) -> None:
    """Speak `language` from now on. A catalogue that was not compiled is an error."""
    _Speaker.catalogue = translation(DOMAIN, folder or FOLDER, [language])
    _Speaker.language = language


def language() -> Language:
    return _Speaker.language


def _(message: str) -> str:
    return _Speaker.catalogue.gettext(message)


def ngettext(one: str, many: str, n: int) -> str:
    return _Speaker.catalogue.ngettext(one, many, n)
