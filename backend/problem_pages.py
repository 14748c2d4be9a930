"""A page for each problem: what happened, why, what to do next."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from msgspec import Struct

from backend.pages import Pages, language_of
from backend.people.guard import wants_page
from backend.problems import EXCEPTION_HANDLERS, TABLE, ProblemError

Handler: TypeAlias = Callable[[Request[Any, Any, Any], Any], Response[Any]]


@get("/problems/{code:str}", include_in_schema=False, sync_to_thread=False)
def problem_page(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    pages: NamedDependency[SkipValidation[Pages]],
) -> Response[str]:
    """Describe the problem that a document's `type` names."""
    if code not in TABLE:
        raise ProblemError("not-found")
    return _page(request, pages, code)


def _or_page(handle: Handler) -> Handler:
    """Return what answers as `handle` does; a browser that asks for a page gets one."""

    def answer(request: Request[Any, Any, Any], failure: Any) -> Response[Any]:  # noqa: ANN401  of some kind
        plain = handle(request, failure)
        if not wants_page(request) or request.headers.get("hx-request"):
            return plain
        code = msgspec.json.decode(plain.content, type=_Told).code
        page = _page(request, request.app.state["pages"], code)
        page.status_code = plain.status_code
        return page

    return answer


class _Told(Struct):
    """What is read of a problem's document."""

    code: str


HANDLERS: Final[dict[Any, Any]] = {
    kind: handle if kind is Exception else _or_page(handle)  # a fault may be one of pages
    for kind, handle in EXCEPTION_HANDLERS.items()
}
"""How failures are answered, by their kind."""


def _page(request: Request[Any, Any, Any], pages: Pages, code: str) -> Response[str]:
    problem = TABLE[code]
    return pages.render(
        request,
        "problem.html",
        code=code,
        status=problem.status,
        words=problem.words(language_of(request)),
    )
