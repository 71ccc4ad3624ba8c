"""What becomes of a launch: the verdict, the words of the runtime or the kernel, and the steps that lead there."""

from __future__ import annotations

from enum import Enum

from gate.image.model import File
from gate.model import Place, Unknown
from gate.record import dataclass, field


class Verdict(Enum):
    WORKS = "works"
    FAILS = "fails"
    UNDECIDED = "undecided"


class Fault(Enum):
    """What kind of thing is wrong; each is another rule's."""

    NOTHING = "neither ENTRYPOINT nor CMD"
    NOT_FOUND = "no program of that name on PATH"
    MISSING = "no file at that path"
    NOT_EXECUTABLE = "no permission to execute"
    NOT_READABLE = "no permission to read"
    NO_FORMAT = "neither script nor program"
    LINE_ENDS = "CRLF or a byte order mark"
    INTERPRETER = "the interpreter is not there"
    USER = "the user is not there"
    SWALLOWED = "the word is taken for an argument"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a launch: what is done, what comes of it, and the line that decides it."""

    what: str
    result: str
    place: Place | None = None


@dataclass(slots=True)
class Outcome:
    """How a launch ends. ``argv`` is None where it cannot be known.

    ``error`` are the runtime's, the kernel's or the shell's words, ``exit_code`` the container's where that is fixed.
    ``program`` is the word or path that the verdict is about, ``file`` the image's file behind it, ``place`` the line that
    decides; ``depth`` counts the programs that start before it (0: the container's own process). ``scripts`` are the script files that
    are started or read on the way. ``unknown`` says why a
    launch is undecided.
    """

    platform: str
    verdict: Verdict = Verdict.WORKS
    argv: list[str] | None = None
    error: str | None = None
    exit_code: int | None = None
    steps: list[Step] = field(default_factory=list)
    unknown: Unknown | None = None
    fault: Fault | None = None
    program: str = ""
    file: File | None = None
    place: Place | None = None
    depth: int = 0
    scripts: list[File] = field(default_factory=list)

    @property
    def why(self) -> str:
        """Why it fails or is undecided; empty where it works."""
        if self.verdict is Verdict.FAILS:
            code = f" (exit code {self.exit_code})" if self.exit_code is not None else ""
            return f"{self.error or ''}{code}"
        if self.unknown is not None:
            settle = f"; {self.unknown.settle} settles it" if self.unknown.settle else ""
            return f"{self.unknown.reason}{settle}"
        return ""


class Fails(Exception):
    """The launch ends here, with an error."""

    def __init__(
        self,
        error: str,
        exit_code: int | None,
        fault: Fault,
        *,
        program: str = "",
        file: File | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.exit_code = exit_code
        self.fault = fault
        self.program = program
        self.file = file
        self.place = place


class Doubt(Exception):
    """The launch depends on something that cannot be known."""

    def __init__(self, unknown: Unknown, place: Place | None = None) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown
        self.place = place
