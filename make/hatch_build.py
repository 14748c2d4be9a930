"""What a build adds to the sources: compiled catalogues, and browser files taken from wheels.

Both land beside the sources, where an editable install finds them too; git knows neither.
Run as a script it compiles the catalogues only: `make catalogues`.
"""

import base64
import hashlib
import json
import re
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("backend/static/vendor")

# Wheel (pinned in [build-system].requires): files to take from it. Its licence goes with them.
ASSETS = {
    "django-htmx": [
        "django_htmx/static/django_htmx/htmx-2.min.js",
        "django_htmx-1.29.0.dist-info/licenses/LICENSE",
    ],
    "flask-swagger-ui": [
        "flask_swagger_ui/dist/swagger-ui-bundle.js",
        "flask_swagger_ui/dist/swagger-ui.css",
        "flask_swagger_ui/dist/LICENSE",
    ],
}

MAPLIBRE = "maplibre/srcjs/maplibre-gl.js"
MAPLIBRE_LICENCE = Path(__file__).parent / "licences/maplibre-gl-LICENSE.txt"


class BuildHook(BuildHookInterface[Any]):
    """Runs before each wheel, the editable one included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version, build_data
        root = Path(self.root)
        compile_catalogues(root)
        collect_assets(root / VENDOR)


def compile_catalogues(root: Path) -> None:
    """Write the .mo beside each .po."""
    for source in sorted(root.glob("*/locale/*/LC_MESSAGES/*.po")):
        with source.open("rb") as opened:
            catalogue = read_po(opened, locale=source.parts[-3], abort_invalid=True)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        write(source.with_suffix(".mo"), compiled.getvalue())


def collect_assets(folder: Path) -> None:
    """Copy each asset to a name with its hash, and say in manifest.json which is which.

    A hashed file never changes, so pages may be told to keep it for ever. The manifest comes
    before the old files go: a server running from these sources finds one or the other whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        name_of(wheel, asset): copied(wheel, asset, folder)
        for wheel, assets in ASSETS.items()
        for asset in assets
    }
    manifest |= maplibre(folder)
    write(folder / "manifest.json", (json.dumps(manifest, indent=1) + "\n").encode())
    current = {"manifest.json", *(entry["file"] for entry in manifest.values())}
    for stale in folder.iterdir():
        if stale.name not in current:
            stale.unlink()


def name_of(wheel: str, asset: str) -> str:
    """The name pages ask for; licences of several wheels must not collide."""
    name = Path(asset).name
    return f"{wheel}-LICENSE.txt" if name.startswith("LICENSE") else name


def copied(wheel: str, asset: str, folder: Path) -> dict[str, str]:
    """Copy one asset; return its manifest entry."""
    return kept(wheel, name_of(wheel, asset), read(wheel, asset), folder)


def read(wheel: str, asset: str) -> bytes:
    return Path(str(distribution(wheel).locate_file(asset))).read_bytes()


def kept(wheel: str, named: str, content: bytes, folder: Path) -> dict[str, str]:
    """Write a file; return its manifest entry: file, integrity, and where it is from."""
    digest = hashlib.sha384(content)
    name = Path(named)
    file = f"{name.stem}.{digest.hexdigest()[:12]}{name.suffix}"
    write(folder / file, content)
    return {
        "file": file,
        "integrity": "sha384-" + base64.b64encode(digest.digest()).decode(),
        "from": f"{wheel} {distribution(wheel).version}",
    }


def maplibre(folder: Path) -> dict[str, dict[str, str]]:
    """Keep MapLibre GL in three files, and its licence, which the wheel does not bring.

    Its one file makes its worker from a `blob:`, which our pages forbid. It holds three modules
    on a line each; page and worker share the first, so that nothing is loaded twice.
    """
    parts = modules(read("maplibre", MAPLIBRE).decode())
    shared = kept("maplibre", "maplibre-gl-shared.js", parts["shared"].encode(), folder)
    worker = f'importScripts("{shared["file"]}");\n{parts["worker"]}'.encode()
    licence = MAPLIBRE_LICENCE.read_bytes()
    return {
        "maplibre-gl-shared.js": shared,
        "maplibre-gl-worker.js": kept("maplibre", "maplibre-gl-worker.js", worker, folder),
        "maplibre-gl.js": kept("maplibre", "maplibre-gl.js", parts["index"].encode(), folder),
        MAPLIBRE_LICENCE.name: kept("maplibre", MAPLIBRE_LICENCE.name, licence, folder),
    }


# As the file's own introduction calls its modules: see there.
DEFINE = """var maplibregl = {}, maplibreShared = {};
function define(name, needs, factory) {
  if (name === "index") factory(maplibregl, maplibreShared); else factory(maplibreShared);
}
"""


def modules(text: str) -> dict[str, str]:
    """Return the modules `shared`, `worker` and `index`, each with the notice on top."""
    notice = text[: text.index("*/") + 2] + "\n"
    found = dict(re.findall(r'^(?=define\("(\w+)")(.*)$', text, re.MULTILINE))
    if list(found) != ["shared", "worker", "index"]:
        raise ValueError(f"maplibre-gl.js is made of other modules: {list(found)}")
    found["shared"] = DEFINE + found["shared"]
    return {name: f"{notice}{code}\n" for name, code in found.items()}


def write(path: Path, content: bytes) -> None:
    """All or nothing, as a server may be running from these sources."""
    partial = path.with_name(path.name + ".new")
    partial.write_bytes(content)
    partial.replace(path)


if __name__ == "__main__":
    compile_catalogues(Path(__file__).parent.parent)
