"""The routes of the inventories, and what they are given."""

from collections.abc import Mapping
from typing import Final

from litestar.types import ControllerRouterHandler

from backend.imports.importing import Importing
from backend.name_index import NameIndex
from backend.pages_of.importing import (
    confirm,
    import_page,
    items_book,
    objects_book,
    preview,
    preview_later,
)
from backend.pages_of.imports import imports_page, one_import, undo_import
from backend.pages_of.inspection import inspection_page
from backend.pages_of.items import item_page, items_page
from backend.pages_of.object import card_form, object_page, open_card
from backend.pages_of.objects import objects_page
from backend.pages_of.pictures import open_pictures, pictures_form

ROUTES: Final[tuple[ControllerRouterHandler, ...]] = (
    objects_page,
    object_page,
    card_form,
    open_card,
    inspection_page,
    pictures_form,
    open_pictures,
    items_page,
    item_page,
    import_page,
    objects_book,
    items_book,
    preview,
    preview_later,
    confirm,
    imports_page,
    one_import,
    undo_import,
)


def dependencies() -> Mapping[str, object]:
    """Return what these routes are given, made anew for each application."""
    return {"item_names": NameIndex("items"), "importing": Importing()}
