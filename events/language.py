"""Which of the two languages to speak, and the words for it.

A catalogue is `<package>/locale/zh/LC_MESSAGES/<package>.po`; the sources are in English, so
English needs none. The build compiles it; while working on one: `make catalogues`.
"""

import gettext
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]

LOCALEDIR = Path(__file__).parent / "locale"

# First the one that is ours alone, then as the C library ranks them.
VARIABLES = ("XUNJI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def language(environment: Mapping[str, str] = os.environ) -> Language:
    """Read the language from the first of `VARIABLES` that is set: zh… is Chinese."""
    wanted = next(filter(None, map(environment.get, VARIABLES)), "")
    return "zh" if wanted.lower().startswith("zh") else "en"


def translation(
    domain: str, localedir: str | os.PathLike[str], language: Language
) -> gettext.NullTranslations:
    """Return the catalogue of `domain`; where there is none, words stay as they are in the code."""
    return gettext.translation(domain, localedir, [language], fallback=True)
