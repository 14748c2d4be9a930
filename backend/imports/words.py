"""What is wrong with a file or a row, why, and what to do: in words."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


class Wrong(Struct, frozen=True):
    """Why something is refused, and what to do."""

    why: str
    next: str


FILES: Final[Mapping[str, Wrong]] = {
    "too-large": Wrong(
        _("The file is larger than 6 MB."), _("Divide the list into several files.")
    ),
    "too-many-rows": Wrong(
        _("The file has more than 20,000 rows."),
        _("Divide the list into several files; each is imported whole or not at all."),
    ),
    "bomb": Wrong(
        _("Unpacked, the file would be far larger than a list is."),
        _("Save the list anew from Excel and bring that file."),
    ),
    "external": Wrong(
        _("The file brings macros, links to other files or embedded parts."),
        _("Save it as a plain .xlsx without macros and links, or as CSV."),
    ),
    "unreadable": Wrong(
        _("The file is neither a workbook (.xlsx) nor CSV in UTF-8 or GB 18030, or it is damaged."),
        _("Open it in Excel and save it as .xlsx."),
    ),
    "old": Wrong(
        _("It is a workbook of the old kind (.xls), or one under a password."),
        _("Open it in Excel and save it as .xlsx without a password."),
    ),
    "other-list": Wrong(
        _("These are the columns of another list."),
        _("Choose the list it belongs to above, and bring the file there."),
    ),
    "empty": Wrong(_("The file holds no rows."), _("Fill in the template and bring it again.")),
    "no-headings": Wrong(
        _("No row holds the headings of the template."),
        _("Copy the first row of the template to the top of the list."),
    ),
    "column-twice": Wrong(
        _("A heading stands there twice."), _("Take one of the two columns away.")
    ),
    "column-missing": Wrong(
        _("A column is missing that is always needed; the template marks them with *."),
        _("Add the column as in the template."),
    ),
}

ROWS: Final[Mapping[str, Wrong]] = {
    "formula": Wrong(
        _("It is a formula; nothing in a file is computed."), _("Paste the column as values.")
    ),
    "merged": Wrong(
        _("The cell is merged with others, so it cannot be told to which row it belongs."),
        _("Unmerge the cells in Excel and fill in each row."),
    ),
    "no-yes-no": Wrong(_("It is neither yes nor no."), _("Write yes or no, or leave it empty.")),
    "no-code": Wrong(
        _("It is no code: letters, digits, points and hyphens, at most 64."),
        _("Write the item's code as it stands in the bureau's list."),
    ),
    "no-frequency": Wrong(
        _("It is no rule that can be read."),
        _("Write it as in the second sheet of the template, or leave the cell empty."),
    ),
    "missing": Wrong(_("Nothing stands here, and it is needed."), _("Fill it in.")),
    "unknown": Wrong(
        _("It is not in the bureau's lists."),
        _("Choose a value from the second sheet of the template."),
    ),
    "village": Wrong(
        _("The township has no such village."),
        _("Choose a village of that township from the second sheet of the template."),
    ),
    "too-long": Wrong(_("It is too long."), _("Shorten it.")),
    "no-id": Wrong(
        _("It is not an id that the system gave."),
        _("Leave the cell empty, or copy the id from the downloaded list."),
    ),
    "no-such-object": Wrong(
        _("No object has this id."), _("Leave the cell empty for a new object.")
    ),
    "home-number": Wrong(
        _("A home is found by the bureau's number, for its name is sealed."),
        _("Fill in the number, or the object's id."),
    ),
    "home-place": Wrong(
        _("Where a home lies is not recorded in clear."),
        _("Empty longitude and latitude; put the address into its column."),
    ),
    "address": Wrong(_("Only homes have an address here."), _("Empty the cell.")),
    "identity-card": Wrong(
        _("It looks like the number of an identity card, which must not stand in clear."),
        _("Use the bureau's own number."),
    ),
    "ended-without-standing": Wrong(
        _("A last day stands there, but the standing does not say “ended”."),
        _("Write “ended” into the standing, or empty the day."),
    ),
    "uscc": Wrong(
        _("Its check characters do not fit; old records hold such codes."),
        _("Compare it with the certificate. The row is imported as it is."),
    ),
    "half-a-place": Wrong(
        _("Longitude and latitude belong together."), _("Fill in both, or none.")
    ),
    "place": Wrong(
        _("The place lies outside China, or longitude and latitude are swapped."),
        _("Longitude is about 110, latitude about 21."),
    ),
    "no-number": Wrong(
        _("It is not a number."), _("Write degrees with a point, such as 110.45512.")
    ),
    "no-day": Wrong(_("It is not a day."), _("Write it as 2026-11-23.")),
    "standing": Wrong(
        _("It is neither “listed” nor “ended”."),
        _("Choose one of the two, or leave the cell empty."),
    ),
    "twice": Wrong(_("Another row means the same one."), _("Keep one of the two rows.")),
    "several": Wrong(
        _("Several objects answer to this row."),
        _("Copy the id of the one that is meant from the downloaded list."),
    ),
    "scope": Wrong(
        _("It lies outside your domains or townships."),
        _("Ask somebody who is responsible for it."),
    ),
    "becomes-home": Wrong(
        _("A home cannot become something else, nor something else a home."),
        _("End this object and list a new one."),
    ),
    "shut": Wrong(
        _("The sealed name was erased or does not open, so it cannot be compared."),
        _("Empty name and address."),
    ),
    "before": Wrong(_("It lies before the entry that stands."), _("Take that day or a later one.")),
    "ended-already": Wrong(
        _("It has ended before that day."),
        _("Put it back on the list first, or leave the day as it is."),
    ),
    "new-and-ended": Wrong(_("It is not on the list and is to end."), _("Take the row away.")),
}

CHANGES: Final[Mapping[str, str]] = {
    "new": _("new"),
    "revised": _("revised"),
    "closed": _("taken off the list"),
    "reopened": _("put back on the list"),
    "unchanged": _("unchanged"),
}

LIST_WORDS: Final[Mapping[str, str]] = {"objects": _("Objects"), "items": _("Items")}

LEFT: Final[Mapping[str, str]] = {
    "changed": _("It was changed again since. Decide on its page what it should be."),
    "visited": _("An inspection was recorded there since. End it by a list if it is to end."),
    "used": _("An inspection has used it since. End it by a list if it is to end."),
    "scope": _("It lies outside your domains or townships."),
    "shut": _("Its sealed name was erased or does not open, so it cannot be stated again."),
}
"""Why a row of an import is left when the import is taken back."""
