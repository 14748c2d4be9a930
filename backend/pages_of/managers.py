"""The routes of the managers' pages, and what they are given."""

from collections.abc import Mapping
from typing import Final

from litestar.types import ControllerRouterHandler

from backend.faces import faces_view
from backend.officers import officers_view
from backend.pages_of.approvals import Approvals, approvals_page, decide
from backend.pages_of.caps import caps_page
from backend.pages_of.due import due_page
from backend.pages_of.faces import faces_page
from backend.pages_of.faults import faults_page
from backend.pages_of.follow_ups import follow_ups_page
from backend.pages_of.monday import monday
from backend.pages_of.officers import officers_page
from backend.pages_of.tracks import open_tracks, tracks_form

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    monday,
    officers_page,
    officers_view,
    faces_page,
    faces_view,
    follow_ups_page,
    faults_page,
    due_page,
    caps_page,
    approvals_page,
    decide,
    tracks_form,
    open_tracks,
)


def dependencies() -> Mapping[str, object]:
    """Return what these routes are given, made anew for each application."""
    return {"approvals": Approvals()}
