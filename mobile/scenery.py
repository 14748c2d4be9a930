"""Pictures for trials: a street under a hill, drawn as dice fall. Nobody is in it."""

import zlib
from random import Random
from struct import pack
from typing import Final

_WIDE, _TALL = 480, 360
_SKY, _HILL, _GROUND, _WALL, _ROOF, _PANE = range(6)
_PALETTES: Final = (
    "9cc3e0 6f9467 b9ab90 e9e2d2 9a4b3c 4a6076",
    "c9d3da 7d8f7a a39a8d d8d3c8 5d6670 39424d",
    "f0cfa0 6b7f5a c2ad86 f3ecdf 7b3f33 54483d",
)


def draw(dice: Random) -> bytes:
    """Return a picture as PNG, some kilobytes of it."""
    rows = [bytearray([_SKY]) * _WIDE for _ in range(_TALL)]
    summit, steep = dice.randint(0, _WIDE), dice.uniform(2.5, 6.5)
    ground = dice.randint(210, 250)
    for y in range(90, ground):
        reach = int((y - 90) * steep)
        _fill(rows, summit - reach, y, 2 * reach + 1, 1, _HILL)
    _fill(rows, 0, ground, _WIDE, _TALL - ground, _GROUND)
    x = dice.randint(5, 40)
    while x < _WIDE - 60:
        wide, tall = dice.randint(50, 110), dice.randint(50, 130)
        _house(rows, dice, x, ground + dice.randint(5, 30), wide, tall)
        x += wide + dice.randint(8, 60)
    return _png(rows, dice.choice(_PALETTES))


def _house(rows: list[bytearray], dice: Random, x: int, foot: int, wide: int, tall: int) -> None:
    _fill(rows, x, foot - tall, wide, tall, _WALL)
    for line in range(24):
        inset = 24 - line
        _fill(rows, x - 6 + inset, foot - tall - 24 + line, wide + 12 - 2 * inset, 1, _ROOF)
    for left in range(x + 10, x + wide - 18, 26):
        for top in range(foot - tall + 12, foot - 26, 34):
            if dice.random() < 0.8:  # noqa: PLR2004  most are windows, some are shut
                _fill(rows, left, top, 14, 18, _PANE)


def _fill(rows: list[bytearray], x: int, y: int, wide: int, tall: int, colour: int) -> None:
    left, right = max(0, x), min(_WIDE, x + wide)
    for row in rows[max(0, y) : min(_TALL, y + tall)]:
        row[left:right] = bytes([colour]) * max(0, right - left)


def _png(rows: list[bytearray], palette: str) -> bytes:
    """Return rows of indexes as PNG (ISO/IEC 15948), eight bits each."""
    scanned = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    header = pack(">IIBBBBB", _WIDE, _TALL, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", bytes.fromhex(palette)),
        (b"IDAT", scanned),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
