"""``--chmod`` and ``chmod``: octal and symbolic modes, by the rules of BSD's setmode that the builder uses."""

from __future__ import annotations

from collections.abc import Callable

from gate.record import dataclass

_ALL = 0o6777
_STICKY = 0o1000
_WHO = {"a": _ALL, "u": 0o4700, "g": 0o2070, "o": 0o0007}
_PERMISSIONS = {"r": 0o444, "w": 0o222, "x": 0o111}
_SHIFT = {"u": 6, "g": 3, "o": 0}


class ModeError(ValueError):
    """Not a mode."""


@dataclass(frozen=True, slots=True)
class _Step:
    """``operator``: ``+``, ``-``, ``X``, or ``u`` ``g`` ``o`` for taking over that class's bits as ``copy`` says."""

    operator: str
    bits: int
    copy: str = ""


Mode = Callable[[int, bool], int]
"""Old mode, whether it is a folder's → new mode. All twelve bits."""


def parse_mode(text: str, umask: int = 0) -> Mode:
    """A mode as ``chmod`` takes it; ``umask`` holds back bits of a clause that names nobody. Raises :class:`ModeError`."""
    if text and all(digit in "01234567" for digit in text):
        value = int(text, 8)
        if value > 0o7777:
            raise ModeError(text)
        return lambda old, folder: value
    steps = _Reader(text, umask).steps()
    return lambda old, folder: _apply(steps, old, folder)


class _Reader:
    """Symbolic modes: clauses ``who operator permissions …`` between commas."""

    def __init__(self, text: str, umask: int) -> None:
        self.text = text
        self.umask = umask
        self.at = 0
        self.who = 0
        self.equals_done = False
        self.found: list[_Step] = []

    def steps(self) -> list[_Step]:
        while True:
            self._read_who()
            while True:
                self._read_operation()
                if self.at == len(self.text):
                    return self.found
                if self.text[self.at] == ",":
                    break
            self.at += 1

    def _read_who(self) -> None:
        self.who = 0
        while self._peek() in _WHO:
            self.who |= _WHO[self._peek()]
            self.at += 1

    def _peek(self) -> str:
        if self.at >= len(self.text):
            raise ModeError(self.text)
        return self.text[self.at]

    def _read_operation(self) -> None:
        operator = self._peek()
        if operator not in "+-=":
            raise ModeError(self.text)
        self.at += 1
        self.equals_done = self.equals_done and operator != "="
        self.who &= ~_STICKY
        bits = conditional = 0
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter in _PERMISSIONS:
                bits |= _PERMISSIONS[letter]
            elif letter == "X":
                bits |= 0o111 if operator == "-" else 0
                conditional |= 0 if operator == "-" else 0o111
            elif letter in "st":
                bits |= self._special(letter)
            elif letter in _SHIFT:
                self._flush(operator, bits, conditional, copying=True)
                bits = conditional = 0
                self.found.append(_Step(letter, self.who, operator))
            else:
                break
            self.at += 1
        self._flush(operator, bits, conditional, copying=False)

    def _special(self, letter: str) -> int:
        if self.who and not self.who & ~0o007:
            return 0
        if letter == "s":
            return 0o6000
        self.who |= _STICKY
        return _STICKY

    def _flush(self, operator: str, bits: int, conditional: int, *, copying: bool) -> None:
        if bits or (operator == "=" and not self.equals_done and not copying):
            if operator == "=":
                self.found.append(_Step("-", self.who or _ALL))
            self.found.append(
                _Step("-" if operator == "-" else "+", self.who & bits if self.who else bits & ~self.umask)
            )
            self.equals_done = self.equals_done or operator == "="
        if copying and operator == "=":
            self.equals_done = True
        if conditional:
            self.found.append(_Step("X", self.who & conditional if self.who else conditional))


def _apply(steps: list[_Step], old: int, folder: bool) -> int:
    new = old
    for step in steps:
        if step.operator == "+":
            new |= step.bits
        elif step.operator == "-":
            new &= ~step.bits
        elif step.operator == "X":
            new |= step.bits if folder or old & 0o111 else 0
        else:
            new = _copy(step, new)
    return new & 0o7777


def _copy(step: _Step, mode: int) -> int:
    """``g=u``: give the bits of one class to the classes in ``step.bits`` (none: to all)."""
    value = mode >> _SHIFT[step.operator] & 7
    cleared = {"+": 0, "-": value, "=": 7}[step.copy]
    for shift in _SHIFT.values():
        if not step.bits or step.bits & 0o4 << shift:
            mode &= ~(cleared << shift)
            mode |= 0 if step.copy == "-" else value << shift
    return mode
