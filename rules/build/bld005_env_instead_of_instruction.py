"""BLD005 env-instead-of-instruction: an instruction written as a variable, or a command in a value."""

import re
from functools import lru_cache

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Instruction, Pair, Pairs
from gate.lazy import pattern
from gate.model import Edit, Fix, Severity
from gate.packages.options import listed
from gate.rule import Example, Results, Rule

rule = Rule(
    id="BLD005",
    name="env-instead-of-instruction",
    fixes=(fixes.UNSAFE,),
    severity=Severity.MEDIUM,
    summary="ENV sets a variable with the name of an instruction, or a value holds a command.",
    reason="ENV WORKDIR /x makes a variable called WORKDIR and changes no directory. ENV, ARG and LABEL run no command either: $(date) is stored as "
    "these seven characters.",
    fix="Use the instruction itself (WORKDIR /x). For the output of a command, write a file in a RUN, or pass a build argument.",
    bad=[
        Example("FROM debian:12.5\nENV »WORKDIR /opt/ml/code\n", fixed="FROM debian:12.5\nWORKDIR /opt/ml/code\n"),
        "FROM debian:12.5\nENV »ENTRYPOINT=/start.sh\n",
        "FROM debian:12.5\nENV BUILT=»$(date)\n",
        'FROM debian:12.5\nLABEL built="»`date`"\n',
        'FROM debian:12.5\nARG JOBS="»$(nproc)"\n',
    ],
    good=[
        "FROM debian:12.5\nWORKDIR /opt/ml/code\n",
        "FROM debian:12.5\nENV WORKDIR=/app\nWORKDIR $WORKDIR\n",
        "FROM debian:12.5\nENV USER=app SHELL=/bin/bash\n",
        "FROM debian:12.5\nENV PS1='$(whoami) $ ' JAVA_OPTS=\"-Dx=\\$(pwd)\"\n",
        "FROM debian:12.5\nRUN export BUILT=$(date) && make\n",
    ],
)

_INSTRUCTIONS = listed(
    "WORKDIR ENTRYPOINT CMD EXPOSE VOLUME HEALTHCHECK STOPSIGNAL ONBUILD MAINTAINER COPY ADD RUN FROM LABEL"
)
"""Not USER, SHELL, ENV and ARG: programs read variables of these names."""

_READ_BY_SHELLS = listed("PS1 PS2 PS4 PROMPT PROMPT_COMMAND BASH_ENV ENV PROFILE")
_COMMAND = pattern(r"(?<!\\)\$\(|(?<!\\)`[^`]*`")


@rule.on_instruction("ENV", "ARG", "LABEL")
def check(instruction: Instruction, build: Build) -> Results:
    if not isinstance(instruction, Pairs):
        return
    for pair in instruction.pairs:
        key = pair.key.value
        if instruction.keyword == "ENV" and key in _INSTRUCTIONS and not _is_used(key, build.dockerfile.source.text):
            yield rule.finding(
                pair,
                f"ENV {key} only makes a variable called {key}, which nothing in this file uses.",
                help=f"Write the instruction: {key} {pair.value if pair.value is not None else ''}".rstrip(),
                stage=instruction.stage,
                fix=_fix(instruction, pair),
            )
        at = _command_at(pair)
        if at is not None and pair.value is not None and key not in _READ_BY_SHELLS:
            value = pair.value
            yield rule.finding(
                value.slice(at, len(value)),
                f"{instruction.keyword} runs no command: {key} holds the text {value.value.strip(chr(34))[:60]!r}.",
                stage=instruction.stage,
            )


def _fix(instruction: Pairs, pair: Pair) -> Fix | None:
    """The instruction in the place of ENV and its key."""
    value = pair.value
    if (
        len(instruction.pairs) != 1
        or value is None
        or not value.value
        or value.value[0] in "\"'"
        or instruction.onbuild
    ):
        return None
    start = instruction.head.start
    if "\n" in instruction.source.text[start : value.start]:
        return None
    edit = Edit(instruction.source.place(start, value.start), f"{pair.key.value} ")
    return fixes.fix(f"write {pair.key.value}", edit, safe=False)


def _command_at(pair: Pair) -> int | None:
    """Where ``$(`` or a backquote stands in the value, outside single quotes, which say that the text is meant."""
    value = pair.value.value if pair.value is not None else ""
    if "`" not in value and "$(" not in value:
        return None
    bare = re.sub(r"'[^']*'", lambda match: " " * len(match.group()), value) if not value.startswith('"') else value
    match = _COMMAND.search(bare)
    return match.start() if match else None


@lru_cache(maxsize=64)
def _use(key: str) -> re.Pattern[str]:
    return re.compile(rf"\$\{{?{key}\b|\benviron\b.*\b{key}\b|\bprintenv {key}\b")


def _is_used(key: str, text: str) -> bool:
    return _use(key).search(text) is not None
