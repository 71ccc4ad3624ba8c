"""The types of label values: each a function from a value to what is wrong with it, "" when nothing is."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from gate.lazy import pattern

_RFC3339 = pattern(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z")
_URL = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#][^\s]*\Z")
_SEMVER = pattern(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?\Z"
)
_HASH = pattern(r"[0-9a-fA-F]{7,64}\Z")
_DIGEST = pattern(r"sha256:[0-9a-f]{64}\Z|sha512:[0-9a-f]{128}\Z")
_EMAIL = pattern(r"[^@\s<>,]+@[^@\s<>,]+\.[^@\s<>,.]+\Z")


def rfc3339(value: str) -> str:
    match = _RFC3339.match(value)
    if match:
        try:
            year, month, day, hour, minute, second = map(int, match.groups()[:6])
            datetime.datetime(year, month, day, hour, minute, min(second, 59))
        except ValueError:
            match = None
        else:
            return ""
    return "is not an RFC 3339 date and time such as 2026-01-31T12:00:00Z"


def url(value: str) -> str:
    return "" if _URL.match(value) else "is not a URL with a scheme, such as https://example.com/team/model"


def semver(value: str) -> str:
    return "" if _SEMVER.match(value) else "is not a semantic version such as 1.2.3 (no leading v)"


def revision(value: str) -> str:
    return "" if _HASH.match(value) else "is not a revision hash (7 to 64 hexadecimal digits)"


def digest(value: str) -> str:
    return "" if _DIGEST.match(value) else "is not a digest such as sha256:<64 hexadecimal digits>"


def email(value: str) -> str:
    return "" if _EMAIL.match(value) else "is not a bare e-mail address"


def text(value: str) -> str:
    return ""


def spdx(value: str) -> str:
    """Wrong unless an SPDX licence expression; ``LicenseRef-…`` are the author's own and always good."""
    from license_expression import ExpressionError, get_spdx_licensing

    known = re.sub(r"\b(DocumentRef-[\w.-]+:)?LicenseRef-[\w.-]+", "MIT", value)
    try:
        unknown = get_spdx_licensing().unknown_license_keys(known)
    except (ExpressionError, ValueError, AttributeError, TypeError):
        return "is not an SPDX licence expression such as Apache-2.0 or MIT OR Apache-2.0"
    if unknown:
        return f"is not an SPDX licence expression: {', '.join(unknown)} is no SPDX licence id"
    return ""


def spdx_spelling(value: str) -> str:
    """The SPDX id that a licence expression writes in another case than the SPDX list does; empty where there is none."""
    from license_expression import get_spdx_licensing

    ids = {name.lower(): name for name in get_spdx_licensing().known_symbols}
    written = (word for word in re.findall(r"[\w.+-]+", value) if word.upper() not in ("AND", "OR", "WITH"))
    return next((ids[word.lower()] for word in written if ids.get(word.lower(), word) != word), "")


TYPES: dict[str, Callable[[str], str]] = {
    "text": text,
    "url": url,
    "rfc3339": rfc3339,
    "semver": semver,
    "hash": revision,
    "spdx": spdx,
    "email": email,
    "digest": digest,
}
"""The type words of a policy's ``labels.required``."""

OCI_TYPES = {
    "created": "rfc3339",
    "url": "url",
    "documentation": "url",
    "source": "url",
    "revision": "hash",
    "licenses": "spdx",
    "base.digest": "digest",
}
"""The types of the OCI keys; the others are free text (``version`` may be a semantic version and need not)."""
