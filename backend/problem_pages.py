"""A page for each problem: what happened, why, what to do next."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from backend.pages import Pages, language_of
from backend.people.guard import wants_page
from backend.problems import TABLE, ProblemError, on_problem


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


def on_problem_or_page(request: Request[Any, Any, Any], problem: ProblemError) -> Response[Any]:
    """Answer a problem: a browser that asks for a page gets one."""
    answer = on_problem(request, problem)
    if not wants_page(request) or request.headers.get("hx-request"):
        return answer
    page = _page(request, request.app.state["pages"], problem.code)
    page.status_code = answer.status_code
    return page


def _page(request: Request[Any, Any, Any], pages: Pages, code: str) -> Response[str]:
    problem = TABLE[code]
    return pages.render(
        request,
        "problem.html",
        code=code,
        status=problem.status,
        words=problem.words(language_of(request)),
    )
