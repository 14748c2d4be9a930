"""The words of the commands about views, in the language of whoever types them."""

from pathlib import Path

from events.language import language, translation

_ = translation("views", Path(__file__).parent / "locale", language()).gettext
