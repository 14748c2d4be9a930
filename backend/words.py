"""The words of the office's commands, in the language of whoever types them."""

from pathlib import Path

from events.language import language, translation

_catalogue = translation("office", Path(__file__).parent / "locale", language())

_ = _catalogue.gettext
ngettext = _catalogue.ngettext
