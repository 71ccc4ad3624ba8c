"""A suppression, whoever wrote it: a comment of the Dockerfile or a waiver of the policy."""

from __future__ import annotations

from datetime import date

from gate.model import Place
from gate.record import dataclass, field


@dataclass(slots=True, eq=False)
class Word:
    """One id of a suppression. ``suggestion`` is the rule that was probably meant where it is not ``known``."""

    text: str
    place: Place
    known: bool = True
    suggestion: str | None = None
    used: bool = False


@dataclass(slots=True, eq=False)
class Suppression:
    """One suppression as written. ``kind``: ``ignore``, ``ignore-file``, ``hadolint``, or ``waiver`` (of the policy).

    ``scope``: ``file``, ``stage``, ``instruction``, ``line``; ``lines`` are the first and last line that it covers
    (meaningless for a whole file). ``fault`` says why it could not be
    understood; then it suppresses nothing. ``unused`` are the words that suppressed nothing, although everything that
    they could have suppressed was looked for.
    """

    kind: str
    place: Place
    words: list[Word] = field(default_factory=list)
    reason: str = ""
    until: date | None = None
    expired: bool = False
    fault: str = ""
    scope: str = "file"
    lines: tuple[int, int] = (0, -1)
    unused: list[Word] = field(default_factory=list)

    @property
    def active(self) -> bool:
        return not self.expired and not self.fault
