"""The day of a run. Reports tell no time of their own accord; ``SOURCE_DATE_EPOCH`` fixes it, and then they may."""

from __future__ import annotations

import os
from datetime import date, datetime, timezone

_DIGITS = 11  # of a number of seconds that is a date


def fixed() -> datetime | None:
    """The moment that ``SOURCE_DATE_EPOCH`` gives, in UTC; None where it gives none."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdecimal() and len(epoch) <= _DIGITS:
        return datetime.fromtimestamp(int(epoch), timezone.utc)
    return None


def today() -> date:
    """The day that ends of life and expiry dates are held against: that of ``SOURCE_DATE_EPOCH``, else the current one,
    in UTC."""
    return (fixed() or datetime.now(timezone.utc)).date()
