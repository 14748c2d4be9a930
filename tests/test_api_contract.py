"""The interface against its own description: nothing sent makes it fail or surprises a client."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from backend.people.rights import Role
from tests.server import BASE, Site, Tablet, an_item, an_object, site

load_all_checks()


@schemathesis.serializer("application/vnd.xunji.batch", "application/offset+octet-stream")
def _as_bytes(_context: object, value: object) -> bytes:
    """Send anything at all as a batch, or as part of a picture."""
    return value if isinstance(value, bytes) else repr(value).encode()


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
EXAMPLES = 6
OF_OTHERS = 2
"""Of each operation, by who reads all and by each other role; the seed is fixed, so that the
suite asks the same each time."""
SCOPE: dict[Role, dict[str, Any]] = {
    Role.SECTION_CHIEF: {"domains": ("funeral", "charity")},
    Role.TOWNSHIP: {"townships": ("440804001", "440804002")},
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("contract") / "data") as running:
        objects = [an_object(name=f"公墓 {number}") for number in range(3)]
        running.tell(*objects, an_item())
        tablet = Tablet(running)
        tablet.enrol()
        for one in objects[:2]:
            tablet.inspect(one.object)
        assert tablet.push().status_code == 200
        running.folded()
        yield running


@pytest.mark.parametrize("who", [*Role, None])
def test_every_answer_is_one_that_the_description_has(here: Site, who: Role | None) -> None:
    session = dict(here.sign_in(who, **SCOPE.get(who, {})).cookies) if who else {}
    examples = EXAMPLES if who in (Role.AUDITOR, None) else OF_OTHERS
    document = here.client.get("/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    statuses: set[int] = set()
    for found in schema.get_all_operations():
        operation: Any = found.ok()
        statuses |= _tried(here, operation, session, examples)

    assert statuses & {200} or who is None
    assert max(statuses) < 500


def _tried(
    here: Site,
    operation: APIOperation[Any, Any, Any, Any],
    session: dict[str, str],
    examples: int,
) -> set[int]:
    """Ask one operation what its description allows, and what it does not."""
    statuses: set[int] = set()
    right = operation.as_strategy()
    wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @seed(1)
    @settings(
        max_examples=examples,
        phases=(Phase.generate,),
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(right if not operation.query else st.one_of(right, wrong))
    def ask(case: schemathesis.Case) -> None:
        answer = _answer(here, case, session)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    ask()
    return statuses


def _answer(here: Site, case: schemathesis.Case, session: dict[str, str]) -> schemathesis.Response:
    """Send a case to the server that runs in this process."""
    sent = case.as_transport_kwargs(base_url=BASE)
    sent = {name: value for name, value in sent.items() if name not in ("cookies", "base_url")}
    if isinstance(sent.get("data"), bytes):
        sent["content"] = sent.pop("data")
    client = here.stranger()
    client.cookies.update(session)
    return schemathesis.Response.from_any(client.request(**sent))
