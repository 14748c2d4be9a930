"""Colours and sizes for sun and gloves, and the font that holds rare name characters.

Text stands at 7:1 or better on its ground. One accent; green, amber and red mean status
and never stand without a sign and a word.
"""

from kivy.core.text import LabelBase
from kivy.metrics import dp, sp
from kivy.utils import get_color_from_hex as rgb
from pylopdf_fonts_zh_cn import sans_path

GROUND = rgb("#EDF0F3")
CARD = rgb("#FFFFFF")
SUNK = rgb("#F4F6F8")
INK = rgb("#0D1722")
QUIET = rgb("#46525F")
LINE = rgb("#C4CCD4")
EDGE = rgb("#7A8794")  # outline of what can be touched
FAINT = rgb("#E1E6EB")

ACCENT = rgb("#12478F")
ACCENT_DOWN = rgb("#0B3169")
ACCENT_SOFT = rgb("#E3ECF8")
NIGHT = rgb("#0E1F36")  # the rail
NIGHT_SOFT = rgb("#24405F")
ON_DARK = rgb("#FFFFFF")
ON_NIGHT = rgb("#C5D3E3")

GOOD = rgb("#0F6B3A")
GOOD_SOFT = rgb("#E2F3E8")
WARN = rgb("#7A4A00")
WARN_SOFT = rgb("#FFF0CF")
WARN_EDGE = rgb("#D99A1C")
STOP = rgb("#A81B1B")
STOP_DOWN = rgb("#7F1010")
STOP_SOFT = rgb("#FCE7E5")
CLEAR = (0, 0, 0, 0)
SHADE = (0.04, 0.08, 0.13, 0.55)

TONES = {  # ink and ground of each status
    "plain": (QUIET, FAINT),
    "info": (ACCENT, ACCENT_SOFT),
    "good": (GOOD, GOOD_SOFT),
    "warn": (WARN, WARN_SOFT),
    "stop": (STOP, STOP_SOFT),
}

TITLE = sp(28)
HEAD = sp(23)
QUESTION = sp(21)
BODY = sp(19)
SMALL = sp(17)

TARGET = dp(60)  # height of what a gloved thumb must hit
GAP = dp(12)
PAD = dp(20)
ROUND = dp(14)
RAIL = dp(104)
SIDE = dp(352)


def install_font() -> None:
    """Every widget asks for Roboto; it gets the Chinese face."""
    face = str(sans_path())
    LabelBase.register("Roboto", face, fn_bold=face, fn_italic=face, fn_bolditalic=face)
