"""The API's description, and a page that shows it without reaching outside this machine."""

from importlib.metadata import version
from typing import Any, Final

from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Tag

from backend.assets import Assets
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
        render_plugins=[OfflinePage(assets), JsonRenderPlugin(path=DOCUMENT)],
    )
