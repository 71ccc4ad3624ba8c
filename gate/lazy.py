"""Regular expressions that are compiled when they are first used.

Compiling the two hundred that the rules and the readers have takes longer than reading a Dockerfile, and a file needs
few of them. ``pattern(…)`` stands for ``re.compile(…)`` at the top of a module.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pattern = re.compile
else:

    class pattern:
        """A compiled pattern to be: it becomes one, for all that it is asked, with the first question."""

        def __init__(self, text: str | bytes, flags: int = 0) -> None:
            self._source = (text, flags)

        def __getattr__(self, name: str) -> Any:
            compiled = re.compile(*self._source)
            for method in ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"):
                setattr(self, method, getattr(compiled, method))
            return getattr(compiled, name)
