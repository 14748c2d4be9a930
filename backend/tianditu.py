"""天地图: the base map that a bureau may configure. Without a key there is none.

Its tiles are in Web Mercator on CGCS2000, so that our points fit as they are. The number under
which the map was reviewed (审图号) has to be shown with it; a key without one is refused.
"""

from typing import Any, Final

import click
from msgspec import Struct

HOSTS: Final = tuple(f"https://t{number}.tianditu.gov.cn" for number in range(8))
_LAYERS: Final = ("vec", "cva")  # what the map shows, and its names
_QUERY: Final = (
    "SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)


class Tianditu(Struct, frozen=True):
    """The bureau's key, and the number of the review of the map."""

    key: str
    review: str

    def __post_init__(self) -> None:
        if not self.key.isalnum() or not self.review:
            msg = "a base map needs the key of the bureau (letters and digits) and its 审图号"
            raise ValueError(msg)

    @property
    def sources(self) -> list[dict[str, Any]]:
        """The layers of tiles, as the map's script takes them."""
        return [
            {
                "tiles": [
                    f"{host}/{layer}_w/wmts?LAYER={layer}&{_QUERY}&tk={self.key}" for host in HOSTS
                ],
                "attribution": f"天地图 · {self.review}",
            }
            for layer in _LAYERS
        ]

    def allowed(self, policy: str) -> str:
        """Return a content security policy that lets the tiles in, and nothing else."""
        for directive in ("img-src", "connect-src"):
            policy = policy.replace(directive, f"{directive} {' '.join(HOSTS)}")
        return policy


def based_on(said: tuple[str, str] | None) -> Tianditu | None:
    """Return the base map that the command line names."""
    try:
        return Tianditu(*said) if said else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--tianditu") from wrong
