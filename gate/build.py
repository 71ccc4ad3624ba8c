"""One Dockerfile on its way to an image: what a rule looks at."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gate import clock
from gate.dockerfile.expand import SubstitutionError, expand, is_plain
from gate.dockerfile.stages import link
from gate.dockerfile.tree import Dockerfile, Instruction, Launch, Run, Stage, SyntaxFault
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.context.model import Context
    from gate.dockerfile.command import Command, Script
    from gate.dockerfile.shell import Shells
    from gate.dockerfile.source import Text
    from gate.dockerfile.stages import VariableScope
    from gate.image.evaluate import Evaluator
    from gate.image.model import Image
    from gate.images.settle import Settled


class Build:
    """A Dockerfile with its context, its build arguments, its target and its platforms.

    Everything expensive is imported and worked out on first use and kept, so that rules may ask freely. ``plain``: variables as in
    ``docker build .`` on linux/amd64, where an ARG that nothing sets is empty; otherwise it is Unknown. ``context_named``: the user
    says that the build starts in this context; otherwise that is a guess.
    """

    def __init__(
        self,
        dockerfile: Dockerfile,
        *,
        context: Context | None = None,
        build_args: Mapping[str, str] | None = None,
        target: str | None = None,
        platforms: Iterable[str] = (),
        settings: Mapping[str, Any] | None = None,
        today: datetime.date | None = None,
        plain: bool = False,
        context_named: bool = False,
    ) -> None:
        self.dockerfile = dockerfile
        self.context = context
        self.context_named = context_named
        self.build_args = dict(build_args or {})
        self.target_name = target = target or None  # as in ``docker build``, an empty one is the last stage
        self.platforms = frozenset(platforms)
        self.settings: Mapping[str, Any] = settings or {}
        self.today = today or clock.today()  # the day of the build: what end-of-life dates are compared with
        self.plain = plain
        self.built: Settled | None = None  # the finished image, where there is one to look into
        self._variables = link(dockerfile, self.build_args, target, plain)
        self._scripts: dict[Instruction, Script] = {}
        self.memos: dict[str, dict[Any, Any]] = {}
        self.evaluators: list[Evaluator] = []

    def close(self) -> None:
        """Give back at once what was worked out: builds are rings of references, and to find those takes the collector
        longer than to judge. Nothing may be asked any more."""
        for evaluator in self.evaluators:
            evaluator.close()
        for script in self._scripts.values():
            script.close()
        self.dockerfile.close()
        self.__dict__.clear()

    @property
    def stages(self) -> list[Stage]:
        return self.dockerfile.stages

    @cached_property
    def target(self) -> Stage | None:
        """The stage that becomes the image: ``--target``, else the last one. None in a file without FROM."""
        if self.target_name is not None:
            wanted = self.target_name.lower()
            return next((stage for stage in reversed(self.stages) if stage.name == wanted), None)
        return self.stages[-1] if self.stages else None

    @cached_property
    def shipped(self) -> frozenset[int]:
        """The indices of the stages whose layers reach the image: the target and its local FROM ancestors."""
        return frozenset(stage.index for stage in self.target.lineage()) if self.target else frozenset()

    @cached_property
    def faults(self) -> list[SyntaxFault]:
        """Why BuildKit would refuse this build before anything runs, its own reason first. Empty when it would not.

        Beyond ``dockerfile.faults`` (the file cannot be read) these are the faults that depend on stages, build
        arguments and target: ``COPY --from`` of a later stage, ``${X:?}``, a blank base name, a bad port.
        """
        from gate.dockerfile.convert import conversion_faults

        return self.dockerfile.faults or list(conversion_faults(self.dockerfile, self._variables, self.target_name))

    @cached_property
    def needed(self) -> frozenset[int]:
        """The indices of the stages that BuildKit builds for the target: what it comes FROM, copies and mounts from."""
        from gate.dockerfile.convert import needed_stages

        return needed_stages(self.dockerfile, self._variables, self.target_name)

    def uses(self) -> list[tuple[Stage, Stage, Instruction]]:
        """Which stage is used by which other, and by which instruction (FROM, COPY or RUN)."""
        from gate.dockerfile.convert import stage_uses

        return list(stage_uses(self.dockerfile, self._variables))

    @property
    def architecture(self) -> str:
        """The processor that the image is for, as Docker calls it: that of the finished image, else the usual one."""
        return self.built.image.architecture if self.built is not None and self.built.usable else "amd64"

    def ships(self, instruction_or_stage: Instruction | Stage) -> bool:
        stage = instruction_or_stage if isinstance(instruction_or_stage, Stage) else instruction_or_stage.stage
        return stage is not None and stage.index in self.shipped

    def scope(self, instruction: Instruction) -> VariableScope:
        """The variables that an instruction sees: the ARG and ENV values from before it."""
        return self._variables.scope(instruction)

    def expand(self, text: Text | str, instruction: Instruction, *, defaults: bool = False) -> str | Unknown:
        """The value of a builder word of an instruction after variables and quotes, as BuildKit works it out.

        ``defaults``: as ``docker build .`` would have it, where an ARG without default is empty. A word that BuildKit
        refuses is Unknown, with BuildKit's message.
        """
        written, escape = text if isinstance(text, str) else text.value, self.dockerfile.escape
        if is_plain(written, escape):
            return written
        scope = self.scope(instruction)
        try:
            return expand(written, scope.default_lookup if defaults else scope.lookup, escape)
        except SubstitutionError as error:
            return Unknown(str(error))

    def expand_partly(self, text: Text | str, instruction: Instruction) -> str:
        """As :meth:`expand`, with NUL in the place of each variable that is not known; "" where BuildKit refuses."""
        lookup = self.scope(instruction).lookup

        def known(name: str) -> str | None:
            value = lookup(name)
            return "\0" if isinstance(value, Unknown) else value

        try:
            value = expand(str(text), known, self.dockerfile.escape)
        except SubstitutionError:
            return ""
        return value if isinstance(value, str) else ""

    def script(self, instruction: Run | Launch) -> Script:
        """What a RUN (or a shell-form CMD, ENTRYPOINT, HEALTHCHECK) executes; exec form is one command."""
        if instruction not in self._scripts:
            from gate.dockerfile.shell import instruction_script

            environment = self.scope(instruction).environment()
            self._scripts[instruction] = instruction_script(instruction, environment, self._shells)
        return self._scripts[instruction]

    @cached_property
    def _shells(self) -> Shells:
        from gate.dockerfile.shell import Shells

        return Shells(self.dockerfile)

    def commands(self, stage: Stage) -> Iterable[Command]:
        """Every simple command of the stage's RUN instructions, in order."""
        for instruction in stage.instructions:
            if isinstance(instruction, Run):
                yield from self.script(instruction).commands

    def image(self, stage: Stage | None = None) -> Image:
        """What a stage (default: the target) becomes: configuration and files.

        Raises ValueError for a file without such a stage.
        """
        stage = stage or self.target
        if stage is None:
            raise ValueError("no such stage")
        return self._evaluator.image(stage)

    @cached_property
    def _evaluator(self) -> Evaluator:
        from gate.image.evaluate import Evaluator

        return Evaluator(self)
