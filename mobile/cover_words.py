"""What the cover says: of each step, of an officer, of what was refused and what to do next."""

from typing import Final, Literal

from mobile.duty import MOST, Standing, Why
from mobile.pins import Fault
from mobile.words import _, ngettext

Step = Literal["choose", "pin", "account", "new", "again"]

SOON: Final = 5  # days: from then on it is worth signing in again while there is network


def step_words(  # noqa: PLR0911  one for each step
    step: Step, name: str, *, locked: bool, known: bool
) -> tuple[str, str]:
    """Return title and text of a step; `known`: the tablet takes somebody at a PIN."""
    match step:
        case "choose" if locked:
            return _("Who holds the tablet?"), _(
                "Choose your name, then type your PIN. What was begun is kept as it is."
            )
        case "choose":
            return _("Who signs in as well?"), _(
                "Two officers are the law. Each types their own PIN."
            )
        case "pin":
            return name, _("Type your PIN.")
        case "new":
            return _("Choose a PIN, {name}").format(name=name), _(
                "Six digits that only you know. From now on they are enough on this tablet, "
                "also without network."
            )
        case "again":
            return _("Type the same PIN again"), ""
        case "account" if not known:
            return _("No officer has signed in on this tablet yet"), _(
                "Sign in once with your account while there is network; after that a PIN is "
                "enough. No account yet? The bureau's security administrator opens one and "
                "names your certificate in it."
            )
        case _:
            return _("Sign in with your account"), _(
                "This needs the network, once. After that a PIN is enough."
            )


def days_words(days: int) -> str:
    """Say for how long the PIN is enough."""
    said = ngettext("PIN holds for {n} more day", "PIN holds for {n} more days", days)
    return said.format(n=days)


def short_words(standing: Standing, tried: int) -> str:
    match standing.problem:
        case "trust":
            return _("Sign in with the account again")
        case "certificate" if standing.until:
            return _("Certificate ended {day}").format(day=f"{standing.until:%Y-%m-%d}")
        case "certificate":
            return _("No certificate")
        case None:
            return _("Locked after {n} wrong PINs").format(n=MOST) if tried >= MOST else ""
        case _:
            return _("May not inspect")


def refused_words(why: Why, left: int) -> tuple[str, str]:
    """Return what happened, and what to do next."""
    match why:
        case "wrong":
            said = ngettext("Wrong PIN: {n} more try", "Wrong PIN: {n} more tries", left)
            return said.format(n=left), _(
                "After the last one the PIN is locked, and your account's password is asked for."
            )
        case "locked":
            return _("Locked after {n} wrong PINs").format(n=MOST), _(
                "Sign in with your account, which needs the network, and choose a new PIN."
            )
        case "trust":
            return _("Your sign-in at the office is too long ago"), _(
                "Sign in with your account once more, where there is network."
            )
        case "certificate":
            return _("Your certificate has ended"), _(
                "Have the office list the renewed one; the tablet fetches it by itself."
            )
        case "list":
            return _("You are not on the list of officers today"), _(
                "Ask the office to put the list right; the tablet fetches it by itself."
            )
        case _:
            return _("This tablet does not know you any more"), _(
                "The office ended your sign-in. Sign in with your account."
            )


def weak_words(fault: Fault) -> str:
    match fault:
        case "walk":
            return _("Digits in a row are what everybody tries first")
        case "few" | "twice":
            return _("This PIN repeats itself: everybody tries it first")
        case "named":
            return _("This PIN stands on your certificate")
        case _:
            return _("A PIN has six digits")
