"""View-model of the settings: who is on duty, and what this tablet is."""

import shutil
from collections.abc import Sequence
from importlib.metadata import version

import msgspec

from events.clock import Instant
from mobile.register import OfficerTold, Register
from mobile.tablet_folder import TabletFolder
from mobile.view_state import OfficerRow, SettingsState
from mobile.words import _, language

_ON_DUTY = "on-duty"
_GIB = 1 << 30


class Settings:
    """Who is on duty is kept on the tablet only: what they do is recorded when they do it."""

    def __init__(self, folder: TabletFolder, register: Register) -> None:
        self._folder = folder
        self._register = register

    @property
    def on_duty(self) -> tuple[str, ...]:
        raw = self._folder.reference.kept(_ON_DUTY)
        return msgspec.json.decode(raw, type=tuple[str, ...]) if raw else ()

    def sign_in(self, officer: str) -> None:
        self._keep((*(one for one in self.on_duty if one != officer), officer))

    def sign_out(self, officer: str) -> None:
        self._keep(tuple(one for one in self.on_duty if one != officer))

    def others(self, now: Instant) -> list[OfficerTold]:
        """Return who could sign in: on the list today, and not on duty yet."""
        day = now.local().date()
        return [
            one
            for one in self._register.officers()
            if one.officer not in self.on_duty and (not one.listed or one.listed_on(day))
        ]

    def state(self, now: Instant) -> SettingsState:
        tablet = self._folder.tablet
        known = [one for key in self.on_duty if (one := self._register.officer(key))]
        usage = shutil.disk_usage(self._folder.path)
        return SettingsState(
            language=language(),
            officers=tuple(_officer(one, now) for one in known),
            device=tablet.name or tablet.device,
            device_key=_spaced(self._key()),
            bureau=tablet.bureau_name or _spaced(tablet.bureau),
            server=tablet.server,
            version=version("xunji"),
            data_folder=str(self._folder.path),
            storage=_("{free:.1f} GB free").format(free=usage.free / _GIB),
            clock=f"{now.local():%Y-%m-%d %H:%M %z}",
        )

    def _key(self) -> str:
        if not self._folder.tablet.logs:
            return ""
        return self._folder.keys(self._folder.current.number).signing_public.hex()

    def _keep(self, officers: Sequence[str]) -> None:
        self._folder.reference.keep({_ON_DUTY: msgspec.json.encode(officers)})


def _officer(told: OfficerTold, now: Instant) -> OfficerRow:
    day = now.local().date()
    certificate = told.certificate(day)
    row = OfficerRow(officer=told.officer, name=told.name, certificate="")
    if told.role != "officer":
        return msgspec.structs.replace(row, problem=_("May not inspect"))
    if certificate is None:
        return msgspec.structs.replace(row, problem=_("No certificate"))
    start, end = certificate.valid
    is_valid = (start is None or start <= day) and (end is None or day <= end)
    until = f"{end:%Y-%m-%d}" if end else ""
    return msgspec.structs.replace(
        row,
        certificate=certificate.number,
        valid=_("Valid until {day}").format(day=until) if is_valid and until else "",
        problem="" if is_valid else _("Certificate ended {day}").format(day=until),
    )


def _spaced(text: str) -> str:
    """Return the first 32 digits in fours: two people can read them to each other."""
    return " ".join(text[at : at + 4] for at in range(0, min(len(text), 32), 4))
