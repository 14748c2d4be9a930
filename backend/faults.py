"""What a fault of the history means, and what to do about it: for the report of `verify`."""

from typing import Final

from backend.words import _

MEANING: Final = {
    "unreadable": _("the file cannot be read here"),
    "gap": _("a record is missing"),
    "malformed": _("the record is damaged"),
    "received": _("it says that it arrived before the record in front of it"),
    "chain": _("the entry does not continue its log"),
    "foreign": _("the entry stands in another log than its own"),
    "bureau": _("the log was opened for another bureau"),
    "signature": _("the signature is not that of the log's key"),
    "stranger": _("the office has neither certified nor enrolled this log"),
    "seen": _("the writer of this entry saw another history"),
    "checkpoint": _("a signed checkpoint says otherwise: a record up to here was changed"),
    "checkpoint-signature": _("a kept checkpoint was not signed by this bureau"),
    "picture": _("a picture is not the one that was taken"),
    "shorter": _("records are missing at the end: a signed checkpoint covers more"),
}

_RESTORE = _(
    "Keep this folder as evidence, and restore the history from a backup; tablets send again."
)

ADVICE: Final = {
    "unreadable": _("Check the disk, keep this folder, and restore the history from a backup."),
    "bureau": _RESTORE,
    "stranger": _(
        "Find out who added it; enrol the tablet if it is yours, else keep the evidence."
    ),
    "picture": _("Keep it as evidence, and take the picture of this name from a backup."),
    "seen": _("Compare with that writer's receipts and with checkpoints kept outside."),
    "checkpoint-signature": _(
        "Compare with checkpoints kept outside, and replace checkpoints.bin."
    ),
}


def advice(code: str) -> str:
    """Return what to do."""
    return ADVICE.get(code, _RESTORE)
