"""The API's description, and a page that shows it without reaching outside this machine."""

import re
from collections.abc import Mapping
from copy import deepcopy
from importlib.metadata import version
from typing import Any, Final

from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Tag

from backend.assets import Assets
from backend.exports.formats import MEDIA_TYPES
from backend.geojson import MEDIA_TYPE as GEOJSON
from backend.pages import Pages

PATH: Final = "/api"
DOCUMENT: Final = "/openapi.json"

_DESCRIPTION = """巡记服务器的接口。 The server's interface.

平板通过 `/sync` 交来日志、取回工作;读者通过 `/views`、`/replay` 和 `/history` 取得数据。
每个回答都注明它截止到历史的哪个位置。

Tablets hand in their logs and fetch work under `/sync`; readers get data under `/views`,
`/replay` and `/history`. Every answer says up to which position of the history it counts.
Refusals are RFC 9457 problem documents; each `type` is a page that says what to do next.
"""

_TAGS = [
    Tag(name="sync", description="平板 · tablets: hand in logs, enrol, fetch work"),
    Tag(name="views", description="数据 · what the records add up to, as JSON or CSV"),
    Tag(name="replay", description="复算 · the same computed again, as of any moment"),
    Tag(name="history", description="历史 · the records themselves"),
    Tag(name="server", description="运行 · is it up, is it ready"),
]

_FILES: Final[Mapping[str, str]] = {
    **{kind: said.partition(";")[0] for kind, said in MEDIA_TYPES.items()},
    "geojson": GEOJSON,
    "bytes": "application/octet-stream",
}
_PROBLEM: Final[Mapping[str, Any]] = {
    "description": "A refusal: what happened, why, and what to do next (RFC 9457).",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail", "code", "why", "next"],
                "properties": {
                    "status": {"type": "integer"},
                    **{
                        name: {"type": "string"}
                        for name in ("type", "title", "detail", "code", "why", "next")
                    },
                },
            }
        }
    },
}


class Document(JsonRenderPlugin):
    """The description, with what all routes have in common."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the description."""
        return super().render(request, completed(openapi_schema))  # pyright: ignore[reportUnknownMemberType]


def completed(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description in which every operation says how it refuses, and which files it has."""
    whole = deepcopy(dict(described))
    for path in whole["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            responses.pop("400", None)  # the framework's own words for it, which are not ours
            responses["default"] = dict(_PROBLEM)
            content = responses.get("200", {}).setdefault("content", {})
            content |= {_FILES[kind]: {"schema": {}} for kind in _files_of(operation)}
    return whole


def _files_of(operation: Mapping[str, Any]) -> list[str]:
    """Return which kinds of files an operation gives, as its parameter `format` names them."""
    named = [one for one in operation.get("parameters", ()) if one["name"] == "format"]
    return [kind for kind in re.findall(r"\w+", str(named)) if kind in _FILES]


class OfflinePage(OpenAPIRenderPlugin):
    """Swagger UI from our own files, started by a script of our own: no inline code."""

    def __init__(self, assets: Assets) -> None:
        super().__init__(path="/")
        self._pages = Pages(assets)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the page; it fetches the description itself."""
        del openapi_schema
        page = self._pages.render(request, "api.html", document=f"{PATH}{DOCUMENT}")
        return page.content.encode()


def config(assets: Assets) -> OpenAPIConfig:
    """Return the configuration: /api is the page, /api/openapi.json the description."""
    return OpenAPIConfig(
        title="巡记 Xunji",
        version=version("xunji"),
        description=_DESCRIPTION,
        tags=_TAGS,
        path=PATH,
        render_plugins=[OfflinePage(assets), Document(path=DOCUMENT)],
    )
