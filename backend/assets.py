"""Files that pages load, held in memory: ours under a hashed address, the build's by manifest."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from msgspec import Struct
from zstandard import ZstdCompressor

from backend.problems import ProblemError

FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_FOREVER: Final = "public, max-age=31536000, immutable"
_TIGHT: Final = 19  # of zstd: a second once, for years of sending
_IMPORT: Final = re.compile(rb'(?<= from "\./)[\w-]+\.js(?=";)')


class Asset(Struct, frozen=True):
    """A file as it is sent."""

    content: bytes
    media_type: str


class Assets(Struct, frozen=True):
    """What there is: file by hashed name, and hashed name by the name pages use."""

    files: Mapping[str, Asset]
    names: Mapping[str, str]

    def url(self, name: str) -> str:
        """Return the address of `name`; `KeyError` where the build brought no such file."""
        return f"/static/{self.names[name]}"


def load(folder: Path = FOLDER) -> Assets:
    """Read our own files and those that the build put under `vendor`, if it did."""
    files: dict[str, Asset] = {}
    names: dict[str, str] = {}

    def add(path: Path) -> str:
        """Keep a file under its name with its hash; return that."""
        if path.name not in names:
            content = path.read_bytes()
            if path.suffix == ".js":  # modules name each other as they are called in the sources
                content = _IMPORT.sub(lambda said: add(folder / said[0].decode()).encode(), content)
            name = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
            files[name] = Asset(content, _TYPES[path.suffix])
            names[path.name] = name
        return names[path.name]

    for path in sorted(one for one in folder.glob("*.*") if one.suffix in _TYPES):
        add(path)
    for wanted, entry in _manifest(folder / "vendor").items():
        path = folder / "vendor" / entry["file"]
        files[path.name] = Asset(path.read_bytes(), _TYPES[path.suffix])
        names[wanted] = path.name
    return Assets(files, names)


def _manifest(vendor: Path) -> dict[str, Any]:
    try:
        return json.loads((vendor / "manifest.json").read_bytes())
    except FileNotFoundError:
        return {}


@get("/static/{name:str}", include_in_schema=False, sync_to_thread=False)
def asset(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    assets: NamedDependency[SkipValidation[Assets]],
) -> Response[bytes]:
    """Send a file; its name changes with its content, so it may be kept for ever."""
    found = assets.files.get(name)
    if found is None:
        raise ProblemError("not-found")
    headers = {"cache-control": _FOREVER, "etag": f'"{name}"', "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(b"", status_code=304, headers=headers)
    content, how = found.content, coding(request.headers.get("accept-encoding", ""))
    if how is not None:
        content, headers["content-encoding"] = packed(content, how), how
    return Response(content, media_type=found.media_type, headers=headers)


Coding: TypeAlias = Literal["zstd", "gzip"]


def coding(accepted: str) -> Coding | None:
    """Return how to pack what is sent: the tightest that is taken (RFC 9110, 12.5.3)."""
    said = accepted.replace(" ", "").lower().split(",")
    return "zstd" if "zstd" in said else "gzip" if "gzip" in said else None


@lru_cache(maxsize=64)
def packed(content: bytes, how: Coding) -> bytes:
    """Return a text packed; the same bytes each time."""
    if how == "gzip":
        return gzip.compress(content, mtime=0)
    return ZstdCompressor(level=_TIGHT).compress(content)
