"""Applying fixes: judge, edit, judge again, until nothing is left that can be fixed.

Only our own rules are asked, because no other engine brings fixes. All of it happens in memory; :mod:`gate.commands.fix`
shows or writes what came of it. A finding that is waived, suppressed or in the baseline is left as it is. Edits that touch
each other wait for the next round, where the rules have seen what the first ones did. A round after which the builder
would no longer read the file is taken back, and that is a failure.
"""

from __future__ import annotations

import os
from bisect import bisect_left, insort
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from gate import files
from gate.catalogue import Catalogue
from gate.discover import Input, collect
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.judge import Case, judge
from gate.model import Edit, Failure, Finding, Place
from gate.pipeline import SHARE, Request, accepted, by_policy, case_of, catalogue_of
from gate.record import dataclass, field
from gate.rulings import Rulings
from gate.share import Share, Subject
from gate.words import told
from gate.work import subject_of

MAX_ROUNDS = 30
"""Rounds of one file. Two or three do: the second for edits that touched others, the last to see that nothing is left."""
PATIENCE = 4
"""Rounds behind which a rule has no fewer findings than before, until its fixes are taken for useless. One may do: some
rules tell only the first of several faults of an instruction."""
MAX_BYTES = 8 << 20
"""Of a file of the context that is edited."""


@dataclass(frozen=True, slots=True)
class _Round:
    """What was there before a round of edits, and how many findings of each rule may be there behind it."""

    text: bytes
    fixed: int
    expected: Mapping[str, int]


@dataclass(slots=True, eq=False)
class Fixed:
    """What became of one file. ``findings`` are those that are left; ``fixed`` are those that were mended, at the places
    where they were found."""

    path: str
    before: bytes
    after: bytes
    given: Input | None = None  # of a Dockerfile; None: a file of the context
    fixed: list[Finding] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    rounds: list[_Round] = field(default_factory=list, repr=False)
    stalled: Counter[str] = field(default_factory=Counter, repr=False)  # by rule, the last rounds without effect
    useless: set[str] = field(default_factory=set, repr=False)  # the rules whose fixes did not help

    @property
    def changed(self) -> bool:
        return self.after != self.before


@dataclass(slots=True, eq=False)
class Outcome:
    """What became of all files, the Dockerfiles first, and what could not be judged."""

    files: list[Fixed] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def fixed(self) -> list[Finding]:
        return [finding for file in self.files for finding in file.fixed]

    @property
    def left(self) -> list[Finding]:
        """The active findings that are left, each once: two Dockerfiles may share a file of the context."""
        mended = set(map(_identity, self.fixed))
        found = {_identity(finding): finding for file in self.files for finding in file.findings}
        return [finding for key, finding in found.items() if key not in mended and finding.state == "active"]


def fix(request: Request, *, unsafe: bool = False) -> Outcome:
    """Mend what a request names. ``unsafe``: also by fixes that may change more than what the finding is about.

    Raises :class:`~gate.policy.PolicyError`.
    """
    found = collect(request.paths, stdin=request.stdin, stdin_filename=request.stdin_filename)
    case = case_of(request, found)
    groups = by_policy(request, found.inputs)
    known = catalogue_of(groups, case)
    baseline = accepted(request, groups)
    outcome = Outcome(failures=case.failures)
    for policy, inputs in groups:
        for start in range(0, len(inputs), SHARE):
            share = Share(tuple(inputs[start : start + SHARE]), policy, request.options)
            _Mender(share, known, baseline, unsafe, outcome).run()
    _mend_contexts(outcome, request, unsafe)
    return outcome


class _Mender:
    """The Dockerfiles of a share, mended round by round."""

    def __init__(
        self, share: Share, known: Catalogue, baseline: Container[str], unsafe: bool, outcome: Outcome
    ) -> None:
        self._share = share
        self._known = known
        self._baseline = baseline
        self._unsafe = unsafe
        self._outcome = outcome

    def run(self) -> None:
        files = list(self._read())
        self._outcome.files += files
        for _ in range(MAX_ROUNDS):
            files = [file for file in self._judged(files) if self._round(file)]
            if not files:
                return
        list(self._judged(files))

    def _read(self) -> Iterator[Fixed]:
        for given in self._share.inputs:
            try:
                data = given.read()
            except files.Unreadable as error:
                self._outcome.failures.append(Failure(given.path, str(error)))
                continue
            yield Fixed(given.path, data, data, given)

    def _judged(self, open_: Iterable[Fixed]) -> Iterator[Fixed]:
        """The files with what our rules say about them now; those that cannot be judged are failures, and left out."""
        subjects: list[tuple[Fixed, Subject]] = []
        for file in open_:
            try:
                assert file.given is not None
                subject = subject_of(file.given, file.after, self._share)
            except files.Unreadable as error:
                self._fail(file, str(error))
                continue
            except Exception as error:  # a fault of ours in one file must not take the others along
                self._fail(file, f"cannot be read: {told(error)}")
                continue
            for fault in subject.build.dockerfile.faults[:1]:
                self._fail(file, f"the builder refuses line {fault.place.line}: {fault.message}")
                break
            else:
                subjects.append((file, subject))
        rulings = Rulings(self._share, [subject for _, subject in subjects])
        for (file, _), judged in zip(subjects, rulings.judged([]), strict=True):
            self._outcome.failures += judged.failures
            case = Case(files=[(self._share.policy, judged)], baseline=self._baseline)
            file.findings = judge(case, self._known).findings
            if not judged.failures:
                yield file

    def _fail(self, file: Fixed, reason: str) -> None:
        self._outcome.failures.append(Failure(file.path, reason))

    def _round(self, file: Fixed) -> bool:
        """Apply what can be applied at once. False when nothing is left to do."""
        wanted = [f for f in file.findings if fixable(f, self._unsafe) and _within(f, file.path)]
        counts = Counter(finding.rule_id for finding in wanted)
        for rule, most in file.rounds[-1].expected.items() if file.rounds else ():
            file.stalled[rule] = file.stalled[rule] + 1 if counts[rule] > most else 0
            if file.stalled[rule] == PATIENCE:
                self._take_back(file, rule)
                return True
        wanted = [finding for finding in wanted if finding.rule_id not in file.useless]
        source = Source(file.path, file.after)
        text, done = applied(source, wanted)
        if not done or text == source.text:
            return False
        after = _encoded(text, file.after)
        for fault in parse(Source(file.path, after)).faults[:1]:
            self._fail(file, f"the fix of {done[0].rule_id} would break it: {fault.message}")
            return False
        mended = Counter(finding.rule_id for finding in done)
        file.rounds.append(_Round(file.after, len(file.fixed), {rule: counts[rule] - mended[rule] for rule in mended}))
        file.after = after
        file.fixed += done
        return True

    @staticmethod
    def _take_back(file: Fixed, rule: str) -> None:
        """Fixes behind which their findings are still there are none: the rounds with them are done again without."""
        first = file.rounds[-PATIENCE]
        del file.rounds[-PATIENCE:]
        file.after = first.text
        del file.fixed[first.fixed :]
        file.useless.add(rule)
        file.stalled.clear()


def fixable(finding: Finding, unsafe: bool) -> bool:
    """Whether a finding has a fix that is asked for."""
    return finding.state == "active" and finding.fix is not None and (unsafe or finding.fix.safe)


def applied(source: Source, findings: Iterable[Finding]) -> tuple[str, list[Finding]]:
    """The text with the fixes of these findings, and which of them it has: all edits of each, or none.

    Of two that touch each other the first counts; the other has its turn when it is known what became of the text.
    """
    taken: list[tuple[int, int]] = []
    edits: list[tuple[int, int, str]] = []
    done = []
    for finding in findings:
        assert finding.fix is not None
        wanted = []
        for edit in finding.fix.edits:
            stretch = _stretch(source, edit.place)
            if stretch is None or _touches(taken, *stretch):
                break
            wanted.append((*stretch, edit.text))
        else:
            for start, end, _ in wanted:
                insort(taken, (start, end))
            edits += wanted
            done.append(finding)
    text, at, parts = source.text, 0, []
    for start, end, new in sorted(edits):
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]]), done


def _touches(taken: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a stretch overlaps one that is taken; two insertions at one place do, neighbours do not."""
    at = bisect_left(taken, (start, end))
    if at < len(taken) and (taken[at] == (start, end) or taken[at][0] < end):
        return True
    return at > 0 and taken[at - 1][1] > start


def _stretch(source: Source, place: Place) -> tuple[int, int] | None:
    """Start and end of a place in the text; None for one that it does not have."""
    span = place.span
    start, end = source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
    return (start, end) if start is not None and end is not None and start <= end else None


def _encoded(text: str, before: bytes) -> bytes:
    """The text as bytes, with the byte order mark that it had."""
    mark = BOM_UTF8 if before.startswith(BOM_UTF8) else b""
    return mark + text.encode("utf-8", "surrogateescape")


def _within(finding: Finding, path: str) -> bool:
    """Whether a fix is about one file."""
    return finding.fix is not None and all(edit.place.path == path for edit in finding.fix.edits)


def _identity(finding: Finding) -> tuple[str, Place, str]:
    return finding.rule_id, finding.place, finding.message


# Files of the context -------------------------------------------------------------------------------------------------


def _mend_contexts(outcome: Outcome, request: Request, unsafe: bool) -> None:
    """Mend the other files that findings are in: each once, and only inside of the context that it was found in."""
    wanted: dict[str, dict[tuple[str, Place, str], Finding]] = {}
    for file in outcome.files:
        if file.given is None or file.given.data is not None:
            continue  # what comes through standard input leaves through standard output
        folder = request.options.context or file.given.folder
        for finding in file.findings:
            path = _other(finding, file.path)
            if path and folder is not None and fixable(finding, unsafe) and inside(path, folder):
                wanted.setdefault(path, {})[_identity(finding)] = finding
    for path, findings in sorted(wanted.items()):
        try:
            data = files.read(path, MAX_BYTES)
        except files.Unreadable as error:
            outcome.failures.append(Failure(path, str(error)))
            continue
        source = Source(path, data)
        text, done = applied(source, findings.values())
        if done and text != source.text:
            outcome.files.append(Fixed(path, data, _encoded(text, data), fixed=done))


def _other(finding: Finding, path: str) -> str:
    """The one file that a fix is about when it is not this one, else nothing."""
    edits: tuple[Edit, ...] = finding.fix.edits if finding.fix is not None else ()
    paths = {edit.place.path for edit in edits}
    return paths.pop() if len(paths) == 1 and path not in paths else ""


def inside(path: str, folder: str) -> bool:
    """Whether a file is below a folder when all links are followed."""
    real = os.path.realpath(folder)
    return os.path.realpath(path).startswith(real.rstrip(os.sep) + os.sep)
