"""A page for each problem: what happened, why, what to do next."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from backend.pages import Pages, language_of
from backend.problems import TABLE, ProblemError


@get("/problems/{code:str}", include_in_schema=False, sync_to_thread=False)
def problem_page(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    pages: NamedDependency[SkipValidation[Pages]],
) -> Response[str]:
    """Describe the problem that a document's `type` names."""
    problem = TABLE.get(code)
    if problem is None:
        raise ProblemError("not-found")
    return pages.render(
        request,
        "problem.html",
        code=code,
        status=problem.status,
        words=problem.words(language_of(request)),
    )
