"""apt's source files: their paths, and their one-line entries."""

from __future__ import annotations

from gate.lazy import pattern

_KNOWN = (
    "sources.list.d",
    "sources.list",
    "apt.conf.d",
    "apt.conf",
    "preferences.d",
    "preferences",
    "trusted.gpg.d",
    "trusted.gpg",
)
_OTHERS = frozenset(
    {"keyrings", "auth.conf", "auth.conf.d", "listchanges.conf", "mirrors", "mirrorlist", "mirrors.txt"}
)
_IN_APT = pattern(r"/etc/apt/([^/\s'\"]+)")
_ENTRY = pattern(r"\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)(?:[ \t]+(.*))?$")
_FILE = pattern(r"/etc/apt/sources\.list\.d/([A-Za-z0-9_.+-]+)")
_SET_ASIDE = pattern(r"\.(?:bak|old|orig|save|disabled|dpkg-\w+|distUpgrade|in|tmpl?|template|gpg|asc|key)\d*$|~$")

UNKNOWN = "\0"
"""Stands for a part of a text that is not known."""


def misspelt(path: str) -> tuple[str, str] | None:
    """A folder or file of /etc/apt whose name is nearly a real one, and that name."""
    match = _IN_APT.search(path)
    if match is None or UNKNOWN in match[1]:
        return None
    name = match[1]
    if (
        name in _KNOWN
        or name in _OTHERS
        or name.startswith(tuple(known + mark for known in _KNOWN for mark in ".-_~*?[{"))
    ):
        return None
    near = next((known for known in _KNOWN if _distance(name, known) <= 2), None)
    return (name, near) if near and not name.startswith(("*", "$")) else None


def unread_file(path: str) -> str | None:
    """The name of a file in sources.list.d that apt does not read, because of its ending."""
    match = _FILE.fullmatch(path)
    if match is None or match[1].endswith((".list", ".sources")) or _SET_ASIDE.search(match[1]):
        return None
    return match[1]


def entry_fault(line: str) -> tuple[str, str] | None:
    """What apt refuses in a ``deb`` line: the word that is wrong, and why."""
    match = _ENTRY.match(line)
    if match is None or ":" not in match[1] or match[1].startswith((UNKNOWN, "#")):
        return None
    address, rest = match[1], (match[2] or "").split()
    if not rest:
        return None if UNKNOWN in address else (address, "has neither suite nor component")
    suite, components = rest[0], rest[1:]
    if UNKNOWN in suite and not suite.replace(UNKNOWN, ""):
        return None
    if suite.endswith("/"):
        return (components[0], "is a component behind a suite that ends in a slash") if components else None
    if components:
        return None
    hint = ": a blank is missing in front of it" if "/" in suite else ""
    return suite, f"is a suite without a component{hint}"


def _distance(a: str, b: str) -> int:
    """The number of letters to insert, delete, replace or swap; at most 3 is told apart."""
    if abs(len(a) - len(b)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
