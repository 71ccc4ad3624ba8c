"""LAY001 mergeable-runs: consecutive short RUNs that could be one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Node
from gate.dockerfile.shell.wrappers import SHELLS
from gate.dockerfile.tree import Instruction, Run, Stage
from gate.memo import memo
from gate.model import Edit, Fix, Place, Severity, Span
from gate.packages.options import listed
from gate.rule import Example, Results, Rule
from gate.rules.layers._commands import is_housekeeping, manager_of

rule = Rule(
    id="LAY001",
    name="mergeable-runs",
    severity=Severity.LOW,
    aliases=("DL3059",),
    fixes=(fixes.UNSAFE,),
    summary="Consecutive short RUN instructions could be one.",
    reason="Every RUN is a layer. By itself a layer costs little; what costs is a file that one layer adds and a later one deletes, and short RUNs that "
    "belong together are where that happens. Keep them apart where the cache is to be split on purpose.",
    fix="Join them with && in one RUN.",
    bad=[
        Example(
            "FROM debian:12.5\n»RUN touch /a\nRUN touch /b\n",
            fixed="FROM debian:12.5\nRUN touch /a && \\\n    touch /b\n",
        ),
        "FROM debian:12.5\n»RUN a || b\n\n# note\nRUN c\nRUN d\n",
        "FROM debian:12.5\n»RUN a\nLABEL k=v\nRUN b\n",
        "FROM debian:12.5\n»RUN apt-get update && apt-get install -y git\nRUN apt-get update && apt-get install -y curl\n",
    ],
    good=[
        "FROM debian:12.5\nRUN touch /a && touch /b\n",
        "FROM debian:12.5\nRUN a\nENV X=1\nRUN b\n",
        "FROM debian:12.5 AS build\nRUN a\nRUN b\nFROM debian:12.5\nCOPY --from=build /x /x\n",
        "FROM debian:12.5\nRUN --mount=type=cache,target=/c a\nRUN b\n",
        "FROM debian:12.5\nRUN --mount=type=secret,id=t a\nRUN --mount=type=secret,id=t b\n",
        'FROM debian:12.5\nSHELL ["pwsh", "-c"]\nRUN a\nRUN b\n',
        "FROM debian:12.5\nONBUILD RUN a\nONBUILD RUN b\n",
        'FROM debian:12.5\nRUN ["a"]\nRUN ["b"]\n',
        "FROM debian:12.5\nRUN curl -O https://example.com/x && tar xf x && rm x\nRUN make\n",
    ],
)

_METADATA = listed("LABEL EXPOSE STOPSIGNAL HEALTHCHECK CMD ENTRYPOINT MAINTAINER")
"""Instructions that do not touch the file system: the RUNs on both sides of them could be moved together."""


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    if not build.ships(stage):
        return
    for group, adjacent in _groups(stage, build):
        lines = [run.line for run in group]
        shown = ", ".join(map(str, lines[:-1])) if len(lines) < 8 else f"{lines[0]} … {lines[-2]}"
        yield rule.finding(
            _place(group),
            f"{len(group)} short RUNs could be one: lines {shown} and {lines[-1]}.",
            severity=None if adjacent else Severity.INFO,
            confidence="" if adjacent else "low",
            stage=stage,
            fix=_fix(group, build),
        )


def _fix(group: list[Run], build: Build) -> Fix | None:
    """The RUNs joined. They may have been kept apart for the cache's sake: not safe."""
    joints: list[Edit] = []
    for first, second in pairwise(group):
        joint = fixes.joined(first, second, build)
        if joint is None:
            return None
        joints.append(joint)
    return fixes.fix("join the RUNs", *joints, safe=False)


def _groups(stage: Stage, build: Build) -> Iterator[tuple[list[Run], bool]]:
    """The groups, and for each whether two of its RUNs stand side by side with only comments between them."""
    group: list[Run] = []
    adjacent = apart = False
    for instruction in stage.instructions:
        if instruction.keyword in _METADATA:
            apart = True
            continue
        run = instruction if isinstance(instruction, Run) and _can_merge(instruction, build) else None
        if run is not None and group and _belong_together(group[-1], run, build):
            group.append(run)
            adjacent = adjacent or not apart
        else:
            if len(group) > 1:
                yield group, adjacent
            group, adjacent = ([run] if run is not None else []), False
        apart = False
    if len(group) > 1:
        yield group, adjacent


def _can_merge(run: Run, build: Build) -> bool:
    if run.exec is not None or run.heredocs or run.script is None:
        return False
    for flag in run.flags:
        value = flag.value.value if flag.value is not None else ""
        if "type=secret" in value or "type=ssh" in value:
            return False  # a merge would show the secret to more commands
    return build.script(run).shell in SHELLS


def _belong_together(before: Run, after: Run, build: Build) -> bool:
    if (before.flags or after.flags) and _flags(before) != _flags(after):
        return False
    return (_is_short(before, build) and _is_short(after, build)) or _same_installer(before, after, build)


def _flags(run: Run) -> set[str]:
    return {flag.text.value for flag in run.flags}


def _is_short(run: Run, build: Build) -> bool:
    """One command, one pipeline, or one with a fallback. What is longer was put together, or apart, on purpose."""
    node: Node | None = build.script(run).root
    while node is not None and node.kind in ("script", "group", "not"):
        node = node.children[0] if len(node.children) == 1 else None
    if node is None:
        return False
    if node.kind in ("or", "pipeline"):
        return all(child.kind in ("command", "pipeline") for child in node.children)
    return node.kind == "command"


def _same_installer(before: Run, after: Run, build: Build) -> bool:
    first = _installer(before, build)
    return first != "" and first == _installer(after, build)


def _installer(run: Run, build: Build) -> str:
    """The package manager, when a RUN does nothing but install with it and tidy up. Each is asked about twice: with the
    RUN in front of it and with the one behind."""
    kept = memo(build, "installers")
    found: str | None = kept.get(run.index)
    if found is None:
        found = kept[run.index] = _only_installer(run, build)
    return found


def _only_installer(run: Run, build: Build) -> str:
    found = ""
    for command in build.script(run).commands:
        manager = manager_of(command)
        if not manager and not is_housekeeping(command):
            return ""
        if manager and found and manager != found:
            return ""
        found = found or manager
    return found


def _place(group: list[Run]) -> Place:
    """From the first RUN to the end of the last one: the whole group."""
    first: Instruction = group[0]
    start = first.place.span
    end = first.source.position(max(group[-1].start, group[-1].end - 1))
    return Place(first.place.path, Span(start.line, start.column, end[0], end[1] + 1))
