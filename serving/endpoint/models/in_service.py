"""Which models of a symbol are in service, and were: the document that a restart reads."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.modeling.deployed.document import Document

MOST_BEFORE = 8
"""Champions of before whose files are kept to go back to."""
MOST_TERMS = 50


class Placed(Document):
    """A deployment in the store."""

    digest: str = Field(description="sha256 of the bundle's manifest, hexadecimal")
    file: str = Field(description="sha256 of the deployment, which names its file")
    since: datetime = Field(description="When it came into its place, UTC")


class Term(Document):
    """A champion's time in service."""

    digest: str = Field(description="sha256 of the bundle's manifest, hexadecimal")
    since: datetime = Field(description="When it became champion, UTC")
    until: datetime | None = Field(description="null while it lasts")
    by: Literal["push", "rollback"] = Field(description="What made it champion")


class InService(Document):
    """The state of a symbol: a champion at most, its shadows, and the champions of before, the newest last."""

    champion: Placed | None = Field(None, description="Whose signals are sent; null without one")
    shadows: tuple[Placed, ...] = Field((), description="The oldest first")
    before: tuple[Placed, ...] = Field(
        (), description="Champions that a rollback goes back to, the newest last"
    )
    history: tuple[Term, ...] = Field((), description="Terms of champions, the newest last")

    def crowned(self, placed: Placed, by: Literal["push", "rollback"]) -> InService:
        """Another champion; one of before takes its old place again, and those after it are forgotten."""
        before = self.before
        if self.champion and self.champion.digest != placed.digest:
            before = (*before, self.champion)
        again = [place for place, each in enumerate(before) if each.digest == placed.digest]
        before = before[: again[0]] if again else before
        shadows = tuple(each for each in self.shadows if each.digest != placed.digest)
        return InService(
            champion=placed,
            shadows=shadows,
            before=before[-MOST_BEFORE:],
            history=self._terms(placed, by),
        )

    def shadowed(self, placed: Placed, most: int) -> InService:
        """One shadow more; beyond `most` the oldest leaves. A champion that a later verdict refuses is one, too."""
        others = tuple(each for each in self.shadows if each.digest != placed.digest)
        change = {"shadows": (*others, placed)[-most:]}
        if self.champion is None or self.champion.digest != placed.digest:
            return self.model_copy(update=change)
        return self.model_copy(update=change | {"champion": None, "history": self._closed(placed.since)})

    def without(self, digest: str) -> InService:
        """A shadow less.

        Raises:
            DataError: it is the champion. MissingDataError: it is not in service.
        """
        if self.champion and self.champion.digest == digest:
            raise DataError(
                f"Bundle {digest} is the champion. Expected a shadow: roll back, or push another champion"
            )
        kept = tuple(each for each in self.shadows if each.digest != digest)
        if len(kept) == len(self.shadows):
            known = ", ".join(each.digest for each in self.shadows) or "none"
            raise MissingDataError(f"Bundle {digest} is no shadow. Expected one of the shadows ({known})")
        return self.model_copy(update={"shadows": kept})

    def files(self) -> set[str]:
        """Every file that is still needed."""
        return {each.file for each in (self.champion, *self.shadows, *self.before) if each}

    def _terms(self, placed: Placed, by: Literal["push", "rollback"]) -> tuple[Term, ...]:
        if self.champion and self.champion.digest == placed.digest:
            return self.history
        term = Term(digest=placed.digest, since=placed.since, until=None, by=by)
        return (*self._closed(placed.since), term)[-MOST_TERMS:]

    def _closed(self, now: datetime) -> tuple[Term, ...]:
        return tuple(
            term.model_copy(update={"until": now}) if term.until is None else term for term in self.history
        )
