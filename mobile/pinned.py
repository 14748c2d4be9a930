"""Whom the tablet believes when a server says that it is the office's: the authority it was given.

Given at enrolment, kept in the tablet's folder. Without one, the authorities of the system. The
office may name others later, over a line that those believed now vouch for: `change`.
"""

import ssl
from pathlib import Path
from typing import Final

from events.errors import FolderError
from mobile import durable
from mobile.durable import on_disk
from mobile.words import _

FILE: Final = "authority.pem"


def keep(folder: Path, authority: Path) -> None:
    """Believe this authority from now on, and no other."""
    with on_disk(authority):
        pem = authority.read_text(encoding="ascii", errors="replace")
    _read(pem, authority)
    with on_disk(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / FILE).write_text(pem, encoding="ascii")


def change(folder: Path, pem: str) -> bool:
    """Believe these authorities from the next start on; tell whether that is a change.

    Nothing changes where none was pinned, or none of those believed now is among them: an
    authority is never replaced at one stroke, so nobody is locked out.
    """
    file = folder / FILE
    with on_disk(file):
        before = file.read_text(encoding="ascii", errors="replace") if file.exists() else ""
    if not (before and pem) or pem == before:
        return False
    if not _authorities(before) & _authorities(pem):
        return False
    durable.write(file, pem.encode("ascii"))
    return True


def context(folder: Path) -> ssl.SSLContext | bool:
    """Return how to check the server of the tablet in `folder`."""
    file = folder / FILE
    with on_disk(file):
        pem = file.read_text(encoding="ascii", errors="replace") if file.exists() else None
    return True if pem is None else _read(pem, file)


def _authorities(pem: str) -> set[bytes]:
    try:
        return set(ssl.create_default_context(cadata=pem).get_ca_certs(binary_form=True))
    except (ssl.SSLError, ValueError):
        return set()


def _read(pem: str, path: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError) as broken:
        said = _("{path} is not the certificate of an authority (PEM)")
        raise FolderError(said.format(path=path)) from broken
