"""The views of one version of the program, wherever they are kept: in a file, or in a database."""

from typing import Protocol

from projections.views import ViewStore


class KeptViews(ViewStore, Protocol):
    """Views that know whether answers are read from them."""

    @property
    def serves(self) -> bool:
        """Whether answers are read from them, or they still are folded beside older ones."""
        ...

    def take_over(self) -> None:
        """From now on they serve."""
        ...
