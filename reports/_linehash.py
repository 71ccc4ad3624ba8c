"""The fingerprint that GitHub's code scanning itself works out for a line of a file.

For each line, a polynomial hash of the hundred UTF-16 units that follow its beginning, blanks and tabs left out, every
kind of line end counted as one LF; the file ends in a unit of its own. Equal hashes are counted from the top.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Iterator

_UNITS = 100
_BASE = 37
_MASK = (1 << 64) - 1
_LEAVING = pow(_BASE, _UNITS, 1 << 64)
_LF, _CR, _END = 10, 13, 0xFFFF


def line_hashes(text: str) -> dict[int, str]:
    """1-based line number → ``hash:count``. Linear in the length of the text."""
    found: dict[int, str] = {}
    seen: Counter[int] = Counter()
    window = deque([0] * _UNITS, _UNITS)
    open_lines: deque[tuple[int, int]] = deque()  # (position of its first unit, line)
    value = line = 0
    begins = True
    for position, unit in enumerate(_units(text)):
        if open_lines and position - open_lines[0][0] == _UNITS:
            seen[value] += 1
            found[open_lines.popleft()[1]] = f"{value:x}:{seen[value]}"
        if begins and unit >= 0:
            line += 1
            open_lines.append((position, line))
        begins = unit == _LF
        unit = max(unit, 0)
        value = (value * _BASE + unit - window[0] * _LEAVING) & _MASK
        window.append(unit)
        if unit == 0 and not open_lines:
            break
    return found


def _units(text: str) -> Iterator[int]:
    """The units that count, the end of the file, and enough padding (as -1) to fill the last line's window."""
    units = array("H", text.encode("utf-16-le", "replace"))
    after_cr = False
    for unit in units:
        if unit in (32, 9) or (after_cr and unit == _LF):
            after_cr = False
            continue
        after_cr = unit == _CR
        yield _LF if after_cr else unit
    yield _END
    for _ in range(_UNITS + 1):
        yield -1
