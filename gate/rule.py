"""What a rule is. The page a rule author reads.

A rule is one module in ``rules/<family>/`` that defines ``rule``: metadata, at least one bad and one good example,
and a check, a generator that yields ``rule.finding(…)`` or ``rule.undecided(…)``::

    rule = Rule(
        id="PKG001", name="missing-assume-yes", severity=Severity.HIGH, aliases=("DL3014",),
        summary="A package manager would stop and ask.",
        reason="A build has no terminal: the question gets end-of-file and the build fails.",
        fix="Add -y.",
        bad=["FROM debian:12.5\\nRUN »apt-get install curl\\n"],
        good=["FROM debian:12.5\\nRUN apt-get install -y curl\\n"],
    )

    @rule.on_command("apt-get", "apt")
    def check(command: Command, build: Build) -> Results:
        if not answers_yes(command):
            yield rule.finding(command, "apt-get install asks for confirmation.")

The file is walked once for all rules; a check is called for what it asked for: each command of a RUN (``on_command``,
by program name, or every command without names; ``on_wrapper``, by a program that only runs it, as sudo), each RUN that
runs one of some programs (``on_run``), each instruction (``on_instruction``), each stage (``on_stage``), or once for the
whole build (``on_build``); the rules about suppressions once for each of these, when it is known what it suppressed
(``on_suppression``). A check that asks for little costs nothing where there is none of it. Checks are pure: tree and context
in, findings out; no I/O, no state between calls.
In an example, ``»`` stands in front of the place where the finding must begin.

A finding may bring its own mending, where the right text is known without guessing (:mod:`gate.fixes`)::

    yield rule.finding(command, "…", fix=fixes.fix("add -y", fixes.after(command, word, "-y")))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from gate.model import Finding, Fix, Place, Severity, Undecided
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.build import Build
    from gate.dockerfile.command import Command
    from gate.dockerfile.tree import Instruction, Run, Stage
    from gate.suppression import Suppression

Results = Iterator["Finding | Undecided"]


class HasPlace(Protocol):
    """Anything that knows where it stands: Text, ShellWord, Command, Instruction, Pair …"""

    @property
    def place(self) -> Place: ...


@dataclass(frozen=True, slots=True)
class Example:
    """A Dockerfile with the context and the settings that it needs. A plain string is an Example without either.

    ``files``: context path → content; ``str`` is written as UTF-8; a path that ends in ``*`` in the key is written
    executable (``"train*"``). ``platforms`` are given as ``--for``; ``policy`` as the policy file's keys. ``image``: the configuration
    (``config`` of the OCI's) of an image that is said to be built from it. ``fixed``: what the rule's fixes, also the
    unsafe ones, make of the Dockerfile.
    """

    dockerfile: str
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    policy: Mapping[str, object] = field(default_factory=dict)
    build_args: Mapping[str, str] = field(default_factory=dict)
    image: Mapping[str, object] | None = None
    fixed: str | None = None


@dataclass(eq=False)
class Rule:
    """One rule. ``id`` is stable for ever; severity, confidence and family are fields, never derived from it.

    ``summary`` is one sentence for tables. ``platforms``: the rule speaks only when one of them is a target (empty:
    always). ``silent_for``: it says nothing when every target is one of these, because the platform asks for the
    opposite. ``settings``: it judges by these keys of the policy; where there is none, it need not be asked.
    ``needs``: what it says of stages and builds is about one of these instructions; where there is none, it need not be
    asked. ``image``: it also judges an image of which there is no Dockerfile (:mod:`gate.images.document`).
    ``enabled`` is False for a rule that only a stricter policy or ``--select`` switches on. ``secret``: what
    its findings stand on is a secret, and no report may show it. ``fixes``: which kinds of fix its findings may bring,
    ``safe``, ``unsafe``; not each finding has one.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    reason: str
    fix: str
    bad: Sequence[str | Example]
    good: Sequence[str | Example]
    confidence: str = "high"
    aliases: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    silent_for: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    enabled: bool = True
    security: bool = False
    secret: bool = False
    image: bool = False
    fixes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    command_checks: list[tuple[tuple[str, ...], Callable[[Command, Build], Results]]] = field(
        default_factory=list, init=False
    )
    wrapper_checks: list[tuple[tuple[str, ...], Callable[[Command, Build], Results]]] = field(
        default_factory=list, init=False
    )
    run_checks: list[tuple[tuple[str, ...], Callable[[Run, Build], Results]]] = field(default_factory=list, init=False)
    instruction_checks: list[tuple[tuple[str, ...], Callable[[Instruction, Build], Results]]] = field(
        default_factory=list, init=False
    )
    stage_checks: list[Callable[[Stage, Build], Results]] = field(default_factory=list, init=False)
    build_checks: list[Callable[[Build], Results]] = field(default_factory=list, init=False)
    suppression_checks: list[Callable[[Suppression], Results]] = field(default_factory=list, init=False)

    @property
    def family(self) -> str:
        """The id's letters; families have names in :mod:`gate.catalogue`."""
        return self.id.rstrip("0123456789")

    def on_command(
        self, *names: str
    ) -> Callable[[Callable[[Command, Build], Results]], Callable[[Command, Build], Results]]:
        """Call the check for each simple command of each RUN, also behind ONBUILD, whose program has one of these names
        (none: every one). ``python*`` are all names that begin so, ``*.sh`` all
        that end so."""

        def register(check: Callable[[Command, Build], Results]) -> Callable[[Command, Build], Results]:
            self.command_checks.append((names, check))
            return check

        return register

    def on_wrapper(
        self, *names: str
    ) -> Callable[[Callable[[Command, Build], Results]], Callable[[Command, Build], Results]]:
        """Call the check for each simple command that one of these programs runs: ``sudo``, ``env``, ``timeout`` …"""

        def register(check: Callable[[Command, Build], Results]) -> Callable[[Command, Build], Results]:
            self.wrapper_checks.append((names, check))
            return check

        return register

    def on_run(self, *names: str) -> Callable[[Callable[[Run, Build], Results]], Callable[[Run, Build], Results]]:
        """Call the check for each RUN, also behind ONBUILD, that runs one of these programs."""

        def register(check: Callable[[Run, Build], Results]) -> Callable[[Run, Build], Results]:
            self.run_checks.append((names, check))
            return check

        return register

    def on_instruction(
        self, *keywords: str
    ) -> Callable[[Callable[[Instruction, Build], Results]], Callable[[Instruction, Build], Results]]:
        """Call the check for each instruction of these keywords (none: every one). Of the children of
        ONBUILD only a RUN is visited on its own (its ``onbuild`` is True)."""

        def register(check: Callable[[Instruction, Build], Results]) -> Callable[[Instruction, Build], Results]:
            self.instruction_checks.append((keywords, check))
            return check

        return register

    def on_stage(self, check: Callable[[Stage, Build], Results]) -> Callable[[Stage, Build], Results]:
        """Call the check once for each stage."""
        self.stage_checks.append(check)
        return check

    def on_build(self, check: Callable[[Build], Results]) -> Callable[[Build], Results]:
        """Call the check once for the whole Dockerfile."""
        self.build_checks.append(check)
        return check

    def on_suppression(self, check: Callable[[Suppression], Results]) -> Callable[[Suppression], Results]:
        """Call the check for each ``# mlgate: ignore`` comment and each waiver of the policy, at the end."""
        self.suppression_checks.append(check)
        return check

    def finding(
        self,
        at: HasPlace | Place,
        message: str,
        *,
        help: str = "",
        severity: Severity | None = None,
        confidence: str = "",
        stage: Stage | None = None,
        aliases: tuple[str, ...] | None = None,
        fix: Fix | None = None,
    ) -> Finding:
        """A fault at a place. ``message``: what is wrong, its first sentence complete in itself; ``help``: the next
        step (the rule's ``fix`` when empty). ``aliases``: the other linters' ids for this very finding (the rule's
        when None); ``fix``: what mends it."""
        return Finding(
            rule_id=self.id,
            name=self.name,
            severity=self.severity if severity is None else severity,
            message=message,
            place=at if isinstance(at, Place) else at.place,
            help=help or self.fix,
            confidence=confidence or self.confidence,
            stage=stage.label if stage is not None else None,
            aliases=self.aliases if aliases is None else aliases,
            fix=fix,
        )

    def undecided(self, at: HasPlace | Place, reason: str, settle: str = "") -> Undecided:
        """The rule cannot know: why, and what would settle it."""
        return Undecided(self.id, at if isinstance(at, Place) else at.place, reason, settle)
