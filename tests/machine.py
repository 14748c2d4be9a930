"""What the tests need of the machine beyond Python packages: `python -m tests.machine`."""

import ctypes
import os
import shutil
import sys
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_ON_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

# What Kivy's wheel loads to draw without a display, and the Debian package that has it.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libEGL_mesa.so.0": "libegl-mesa0",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
}

RENDERERS = ("lib*/dri/swrast_dri.so", "lib/*/dri/swrast_dri.so")


def find_chromium() -> str | None:
    """Find a Chromium to drive: $XUNJI_CHROMIUM, else one on the path or among macOS programs."""
    named = os.environ.get("XUNJI_CHROMIUM")
    candidates = (named,) if named else (*CHROMIUM_NAMES, *CHROMIUM_ON_MACOS)
    return next(filter(None, map(shutil.which, candidates)), None)


def missing_packages() -> dict[str, str]:
    """Map what is missing to what brings it."""
    missing: dict[str, str] = {}
    if find_chromium() is None:
        missing["Chromium (or Chrome; elsewhere: set XUNJI_CHROMIUM)"] = "chromium"
    if sys.platform == "linux":
        missing |= {name: package for name, package in LIBRARIES.items() if not loads(name)}
        if not any(found for place in RENDERERS for found in Path("/usr").glob(place)):
            missing["Mesa's software renderer"] = "libgl1-mesa-dri"
    return missing


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def report() -> str:
    """Say what is missing and how to get it; empty where nothing is."""
    missing = missing_packages()
    if not missing:
        return ""
    lines = ["The tests need more of this machine:", *(f"  {name}" for name in missing)]
    packages = sorted(set(missing.values()))
    if sys.platform == "darwin":
        lines.append("Get it with: brew install --cask chromium")
    else:
        lines.append(f"On Debian or Ubuntu: apt-get install {' '.join(packages)}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(report() or None)
