"""What domains are called on the pages of the people."""

from collections.abc import Callable
from typing import Any

from litestar import Request

from backend.measure_words import DOMAINS
from backend.pages import Pages, language_of


def domain_names(request: Request[Any, Any, Any]) -> Callable[[str], str]:
    """Return what domains are called in the language of a request."""
    words = Pages.words(language_of(request))

    def name(code: str) -> str:
        return words.gettext(DOMAINS[code]) if code in DOMAINS else code

    return name
