"""The words of the commands about exports, in the language of whoever types them."""

from pathlib import Path

from events.language import language, translation

_ = translation("exports", Path(__file__).parents[1] / "locale", language()).gettext
