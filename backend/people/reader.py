"""Who reads, and how far: the one place where a reader's scope meets a question."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct, structs

from backend.people.rights import BY_KEY, GRANTS, Right, Role
from backend.problems import ProblemError
from projections.chosen import joined, values_of
from projections.question import Filters


class Reader(Struct, frozen=True):
    """A signed-in person. Without domains or townships: all of them. `until`: the last day.

    `by_key`: it is a program of that person, and reads what keys may.
    """

    account: str
    name: str
    role: Role
    domains: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    until: date | None = None
    by_key: bool = False

    def may(self, right: Right | str) -> bool:
        """Tell whether the reader's role has a right."""
        return right in GRANTS[self.role] and (right in BY_KEY or not self.by_key)

    @property
    def is_scoped(self) -> bool:
        """True for a reader who may not see all of the district."""
        return bool(self.domains or self.townships)

    def sees(self, *, domain: str | None, township: str | None) -> bool:
        """Tell whether something of a domain and a township lies within the reader's scope."""
        return (not self.domains or domain in self.domains) and (
            not self.townships or township in self.townships
        )

    def require(self, *, domain: str | None, township: str | None) -> None:
        """Refuse what lies outside the reader's scope as what is not there: no id is tried out."""
        if not self.sees(domain=domain, township=township):
            raise ProblemError("not-found")

    def narrow(self, filters: Filters) -> Filters:
        """Return the filters within the reader's scope; refuse those that reach beyond it."""
        return structs.replace(
            filters,
            domain=self._own(filters.domain, self.domains),
            township=self._own(filters.township, self.townships),
        )

    def narrowed(self, asked: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return a query within the reader's scope, as `narrow` does with filters."""
        said = [(name, value) for name, value in asked if name not in ("domain", "township")]
        for name, own in (("domain", self.domains), ("township", self.townships)):
            values = {value for known, value in asked if known == name and value}
            if len(values) > 1:
                raise ProblemError("bad-request", parameters=[{"name": name, "reason": "twice"}])
            value = self._own(next(iter(values), None), own)
            if value is not None:
                said.append((name, value))
        return said

    def beyond(self) -> ProblemError:
        """Return the refusal of what lies outside the scope, naming the scope."""
        return ProblemError("scope", domains=list(self.domains), townships=list(self.townships))

    def _own(self, asked: str | None, own: tuple[str, ...]) -> str | None:
        """Return what to ask for: who asks for nothing gets all of their own."""
        if not own:
            return asked
        if asked is None:
            return joined(own)
        if not {*values_of(asked)} <= {*own}:
            raise self.beyond()
        return asked
