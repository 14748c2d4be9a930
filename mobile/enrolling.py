"""How a tablet becomes one of the bureau's, the first time and again.

    no folder yet          ask the server whose it is, make keys and genesis, keep them, enrol
    enrolled, code given   the office asked for it: a new log that names the old one
    unknown there, code    the office lost the enrolment: the same log, handed in from its start

Safe to repeat at any point: what was made is kept, and asked for again.
"""

from pathlib import Path
from typing import Final

import httpx

from events.clock import Clock, Entropy
from events.store import Held
from mobile import sync_client
from mobile.line import RefusedError
from mobile.tablet_folder import Reason, TabletFolder

_REASONS: Final[dict[str, Reason]] = {
    "restored": "restore",
    "forked": "fork",
    "revoked": "new_key",
}


def prepare(
    path: Path, http: httpx.Client, code: str, clock: Clock, entropy: Entropy
) -> TabletFolder:
    """Return the open folder of a tablet that is enrolled; with `code` where that is needed.

    Raises `LineError`, `RefusedError`, `FolderError`, `BusyError`; then nothing is lost.
    """
    if TabletFolder.exists(path):
        folder = TabletFolder.open(path, entropy)
    else:
        folder = TabletFolder.begin(path, sync_client.ask_bureau(http), entropy)
    try:
        _enrol(folder, http, code, clock)
    except BaseException:
        folder.close()
        raise
    return folder


def _enrol(folder: TabletFolder, http: httpx.Client, code: str, clock: Clock) -> None:
    if not folder.tablet.logs:
        folder.open_log(clock)
    elif folder.enrolled and code:
        if not sync_client.is_known(folder, http):
            sync_client.enrol(folder, code, http)
            return
        anew(folder, clock)
    if not folder.enrolled:
        if not code:
            raise RefusedError("not-enrolled")
        sync_client.enrol(folder, code, http)


def anew(folder: TabletFolder, clock: Clock) -> None:
    """Open a new log that names the old one up to where the office has it in common with us."""
    log = bytes.fromhex(folder.current.log)
    why = sync_client.stopped(folder, log)
    reason = _REASONS.get(why.code, "new_key") if why else "new_key"
    # A restored tablet has less than the office: all it has is common to both.
    common = None if reason == "restore" else _at(folder, log)
    folder.open_log(clock, reason=reason, trusted=common)


def _at(folder: TabletFolder, log: bytes) -> Held:
    """Return how far the office gave receipts for a log: its genesis at least."""
    sequence = sync_client.held_by_office(folder, log)
    if not sequence:
        return Held(1, folder.genesis().hash)
    (last,) = folder.store.read_log(log, sequence - 1, 1)
    return Held(sequence, last.record().entry.hash)
