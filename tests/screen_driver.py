"""A person before the tablet, for tests: mounts a widget, taps, types, signs, takes pictures.

Import this before anything of Kivy: sizes and drivers are fixed before there is a window.
The window is square and larger than any screen, so that both ways of holding the tablet
are tried in one process; a picture shows the mounted part only.
"""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

os.environ.update(
    KIVY_NO_ARGS="1",
    KIVY_NO_CONFIG="1",
    KIVY_NO_FILELOG="1",
    KIVY_LOG_MODE="PYTHON",
    KIVY_METRICS_DENSITY="1",
    KIVY_DPI="96",
    LIBGL_ALWAYS_SOFTWARE="1",
)
os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")

from kivy.config import Config

SIDE = 1280
for key, value in {"width": SIDE, "height": SIDE, "multisamples": 0, "maxfps": 0}.items():
    Config.set("graphics", key, value)
for provider in dict(Config.items("input")):
    Config.remove_option("input", provider)

from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.image import Image
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glFinish, glReadPixels
from kivy.graphics.texture import Texture
from kivy.lang import Builder
from kivy.tests.common import UnitTestTouch
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from mobile import words
from mobile.screens.theme import install_font

LANDSCAPE, PORTRAIT = (1280, 800), (800, 1280)


class Driver:
    def __init__(self, widget: Widget, size: tuple[int, int] = LANDSCAPE) -> None:
        self.root = FloatLayout(size=size, size_hint=(None, None))
        self.root.add_widget(widget)
        Window.add_widget(self.root)
        if EventLoop.status != "started":
            EventLoop.start()
        self.pump(4)

    def pump(self, frames: int = 1) -> None:
        """Let frames pass. None is drawn: software takes a tenth of a second for each."""
        for _ in range(frames):
            self._tick()

    def _draw(self) -> None:
        for _ in range(2):
            EventLoop.idle()
        glFinish()

    def settle(self) -> None:
        """Run what is scheduled, frame by frame, until nothing more is built."""
        for _ in range(60):
            self._tick()
        self.pump(2)

    def wait(self, seconds: float) -> None:
        """Let time pass for whatever waits on Kivy's clock."""
        end = Clock.get_boottime() + seconds
        while Clock.get_boottime() < end:
            self._tick()
        self.pump(2)

    @staticmethod
    def _tick() -> None:
        Clock.tick()
        Builder.sync()
        Clock.tick_draw()
        Builder.sync()

    def touch(self, *path: tuple[float, float]) -> None:
        touch = UnitTestTouch(*path[0])
        touch.touch_down()
        self.pump()
        for point in path[1:]:
            touch.touch_move(*point)
            self.pump()
        touch.touch_up()
        self.wait(0.15)  # a list hands a tap on once it knows that nobody scrolls

    def tap(self, widget: Widget) -> None:
        self.touch(widget.to_window(*widget.center))

    def draw(self, pad: Widget, *points: tuple[float, float]) -> None:
        """Sign: points within 0 to 1 of the pad."""
        x, y = pad.to_window(*pad.pos)
        self.touch(*((x + px * pad.width, y + py * pad.height) for px, py in points))

    def type(self, text: str) -> None:
        Window.dispatch("on_textinput", text)
        self.pump()

    def compose(self, steps: Sequence[str], word: str) -> None:
        """An input method: pinyin grows, then a word takes its place."""
        for step in steps:
            Window.dispatch("on_textedit", step)
            self.pump()
        if word:
            Window.dispatch("on_textedit", "")
            self.type(word)

    def picture(self, path: Path) -> None:
        self.pump(3)
        self._draw()
        wide, tall = map(int, self.root.size)
        pixels = glReadPixels(0, 0, wide, tall, GL_RGBA, GL_UNSIGNED_BYTE)
        texture = Texture.create(size=(wide, tall), colorfmt="rgba")
        texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image(texture).save(str(path), flipped=True)

    def close(self) -> None:
        Window.remove_widget(self.root)
        self.pump(2)


def parts(widget: Widget, kind: type[Widget]) -> list[Widget]:
    """Every part of that kind, in the order it was added."""
    return [part for part in widget.walk(restrict=True) if isinstance(part, kind)]


def part(widget: Widget, kind: type[Widget], **wanted: object) -> Widget:
    """The one part of that kind with these properties."""
    found = [
        each
        for each in parts(widget, kind)
        if all(getattr(each, name) == value for name, value in wanted.items())
    ]
    assert len(found) == 1, f"{len(found)} of {kind.__name__} {wanted}"
    return found[0]


@cache
def catalogues() -> Path:
    """Both catalogues, compiled from the .po files as they are now."""
    folder = Path(mkdtemp(prefix="xunji-words-"))
    for source in words.FOLDER.glob("*/LC_MESSAGES/*.po"):
        target = folder / source.relative_to(words.FOLDER).with_suffix(".mo")
        target.parent.mkdir(parents=True)
        with source.open("rb") as opened, target.open("wb") as written:
            write_mo(written, read_po(opened, locale=source.parts[-3]))
    return folder


def speak(language: words.Language) -> None:
    words.use(language, catalogues())


install_font()
