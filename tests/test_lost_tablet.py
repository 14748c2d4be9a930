"""A tablet is lost, as docs/deploy.md has it: revoked, found, adopted, enrolled anew."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from httpx import Client, Response

from backend.commands import commands
from backend.people.rights import Role
from backend.verification import verify
from events.clock import SetClock
from events.command import group
from mobile import enrolling
from mobile.line import RefusedError
from mobile.outbox import advice
from mobile.sync_client import SyncClient
from tests.server import NOON, Site, site
from tests.test_device_log import said

HTML = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "office", clock=SetClock(NOON)) as found:
        yield found


def post(client: Client, path: str, page: str, **said: str) -> Response:
    token = re.search(r'name="csrf" value="(\w+)"', client.get(page, headers=HTML).text)
    assert token
    return client.post(path, data={"csrf": token[1], **said}, headers=HTML)


def code_for(admin: Client, name: str) -> str:
    page = post(admin, "/tablets/code", "/tablets", name=name)
    found = re.search(r'class="secret">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})<', page.text)
    assert found
    return found[1]


def test_a_tablet_is_lost_found_and_enrolled_anew(here: Site, tmp_path: Path) -> None:
    admin, clock, path = here.sign_in(Role.SYSTEM_ADMIN), SetClock(NOON), tmp_path / "tablet"
    folder = enrolling.prepare(
        path, here.client, code_for(admin, "T-07"), clock, Random(1).randbytes
    )
    client = SyncClient(folder, folder.device_log(clock), clock, here.client)
    client._log.record(said())
    client.push_all()
    client.pull()
    here.folded()
    client._log.record(said())  # in the field, without network

    before = admin.get("/tablets", headers=HTML).text
    revoke = f"/tablets/{folder.tablet.device}/revoke"
    assert revoke in before
    after = post(admin, revoke, revoke, reason="lost", meant="yes").text
    assert "T-07 is revoked. What it handed in up to entry 2 counts" in after
    assert "Lost or replaced" not in after  # also before the views heard of it

    with pytest.raises(RefusedError, match=r"撤销|revoked"):
        client.pull()
    why = client.stopped()
    assert why
    assert "administrator" in advice(why)
    client.try_again()  # it was found, and is switched on in the office
    client.push()

    listed = xunji("adopt", "--data", here.folder.path, "--list")
    assert "from entry 3: 1 entries, revoked" in listed
    adopted = xunji("adopt", "--data", here.folder.path, "1", "--reason", "tablet_found")
    assert "Adopted entry 3" in adopted
    old = folder.current.log
    folder.close()
    again = code_for(admin, "T-07")
    folder = enrolling.prepare(path, here.client, again, clock, Random(2).randbytes)
    client = SyncClient(folder, folder.device_log(clock), clock, here.client)
    client._log.record(said())
    client.push_all()
    client.pull()

    assert client.stopped() is None
    assert folder.current.log != old
    assert client.outbox.held == client._log.held.sequence == 2
    folder.close()
    assert verify(here.folder).fault is None


def xunji(*arguments: str | Path) -> str:
    done = CliRunner().invoke(group(commands), [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout
