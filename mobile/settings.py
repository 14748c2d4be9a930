"""View-model of the settings: who is on duty, and what this tablet is."""

import shutil
from importlib.metadata import version

from events.clock import Instant
from mobile.cover_words import days_words
from mobile.duty import IDLE_MINUTES, Duty, Standing
from mobile.officers_file import Known
from mobile.tablet_folder import TabletFolder
from mobile.view_state import Choice, OfficerRow, SettingsState
from mobile.words import _, language

_GIB = 1 << 30


class Settings:
    """Reads what is kept elsewhere; who is on duty, `mobile.duty` knows."""

    def __init__(self, folder: TabletFolder, duty: Duty) -> None:
        self._folder = folder
        self._duty = duty

    def lock_after(self, minutes: str) -> None:
        """Lock the tablet after so many minutes without a touch."""
        if minutes in {str(one) for one in IDLE_MINUTES}:
            self._folder.keep(lock_after=int(minutes))

    def about(self) -> str:
        """Return which tablet of which bureau this is."""
        tablet = self._folder.tablet
        return " · ".join(one for one in (tablet.bureau_name, tablet.name) if one)

    def state(self, now: Instant) -> SettingsState:
        tablet = self._folder.tablet
        there = {one.officer: one for one in self._duty.known}
        usage = shutil.disk_usage(self._folder.path)
        return SettingsState(
            language=language(),
            officers=tuple(
                _officer(there[key], self._duty.standing(there[key])) for key in self._duty.on_duty
            ),
            lock_after=str(tablet.lock_after),
            lock_choices=tuple(
                Choice(value=str(one), text=_("{n} min").format(n=one)) for one in IDLE_MINUTES
            ),
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


def _officer(known: Known, standing: Standing) -> OfficerRow:
    until = f"{standing.until:%Y-%m-%d}" if standing.until else ""
    return OfficerRow(
        officer=known.officer,
        name=known.name,
        certificate=f"{standing.certificate} · {days_words(standing.days)}",
        valid=_("Valid until {day}").format(day=until) if until else "",
    )


def _spaced(text: str) -> str:
    """Return the first 32 digits in fours: two people can read them to each other."""
    return " ".join(text[at : at + 4] for at in range(0, min(len(text), 32), 4))
