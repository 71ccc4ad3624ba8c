"""BLD004 source-under-sh: Debian's and Ubuntu's /bin/sh has no `source`."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command, Node
from gate.dockerfile.tree import Run, Stage
from gate.image.base import identify
from gate.model import Fix, Severity
from gate.packages.options import listed
from gate.packages.where import earlier_commands
from gate.rule import Example, Results, Rule
from gate.rules.build._flow import always_succeeds, shell_of

rule = Rule(
    id="BLD004",
    name="source-under-sh",
    severity=Severity.HIGH,
    aliases=("SC3046", "SC2039"),
    fixes=(fixes.SAFE,),
    summary="source is no command of the shell that runs this RUN.",
    reason="RUN is read by /bin/sh, which is dash on Debian and Ubuntu. dash knows only the dot: source is not found, and the build ends with 127.",
    fix='Write a dot (RUN . venv/bin/activate && …), or choose bash: SHELL ["/bin/bash", "-c"].',
    bad=[
        Example(
            "FROM ubuntu:24.04\nRUN »source venv/bin/activate && pip install -r requirements.txt\n",
            fixed="FROM ubuntu:24.04\nRUN . venv/bin/activate && pip install -r requirements.txt\n",
        ),
        "FROM python:3.12-slim\nRUN python -m venv /v && »source /v/bin/activate\n",
        'FROM alpine:3.20\nSHELL ["/bin/dash", "-c"]\nRUN »source /etc/profile\n',
        "FROM debian:12.5\nRUN sh -c '»source /etc/profile'\n",
    ],
    good=[
        "FROM ubuntu:24.04\nRUN . venv/bin/activate && pip install -r requirements.txt\n",
        'FROM ubuntu:24.04\nSHELL ["/bin/bash", "-c"]\nRUN source venv/bin/activate\n',
        "FROM ubuntu:24.04\nRUN bash -c 'source venv/bin/activate && pip install x'\n",
        "FROM ubuntu:24.04\nRUN echo 'source /opt/env.sh' >> /root/.bashrc\n",
        "FROM ubuntu:24.04\nRUN ln -sf /bin/bash /bin/sh\nRUN source /etc/profile\n",
        "FROM alpine:3.20\nRUN source /etc/profile\n",
        "FROM rockylinux:9.3\nRUN source /etc/profile\n",
    ],
)

_PLAIN_IMAGES = listed(
    """debian ubuntu python node ruby golang rust perl php gcc buildpack-deps nginx nvidia/cuda continuumio/miniconda3
    pytorch/pytorch tensorflow/tensorflow r-base julia postgres"""
)
"""Images that set no SHELL and leave /bin/sh as their distribution has it."""

_DEBIAN_BY_DEFAULT = listed(
    "python node ruby golang rust perl php gcc buildpack-deps nginx continuumio/miniconda3 r-base julia"
)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    told = False
    for instruction in stage.instructions:
        if not isinstance(instruction, Run):
            continue
        for command in build.script(instruction).commands:
            if command.name != "source" or _has_fallback(command):
                continue
            dash = _under_dash(command, instruction, stage, build)
            if dash:
                yield rule.finding(
                    command, f"{dash} has no command source: it is not found.", stage=stage, fix=_fix(command)
                )
            elif dash is None and not told:
                told = True
                yield rule.undecided(
                    command,
                    "source works under bash and not under dash, and which of them /bin/sh is in the base image is not known",
                    'SHELL ["/bin/bash", "-c"], a dot instead of source, or --image REF',
                )


def _fix(command: Command) -> Fix | None:
    """A dot; it looks for a name without a slash on PATH only, and dash hands no further words on."""
    if len(command.words) != 2:
        return None
    word, file = command.words
    path = file.value or file.prefix
    dot = fixes.replace(word.text, ".")
    if "/" in path:
        return fixes.fix("write a dot", dot)
    if not path or file.text.value != path:
        return None
    return fixes.fix("write a dot", dot, fixes.replace(file.text, f"./{path}"))


def _under_dash(command: Command, run: Run, stage: Stage, build: Build) -> str | None:
    """The shell that reads a command, when it is dash; empty when it is not, None when nobody can know."""
    script = command.script
    shell = shell_of(command, script)[0] if script is not None else ""
    if shell != "sh":
        return "dash" if shell == "dash" else ""
    dash = _is_dash(stage)
    if dash is False or _sh_replaced(command, run, build):
        return ""
    return "/bin/sh of this base image, dash," if dash else None


def _is_dash(stage: Stage) -> bool | None:
    base = stage.root.base
    if base is None or base == "scratch":
        return None
    image = identify(base)
    product = image.distribution.product if image.distribution else ""
    if product and product not in ("debian", "ubuntu"):
        return False
    if image.repository not in _PLAIN_IMAGES or "windows" in image.tag or "nanoserver" in image.tag:
        return None
    if product or image.repository in ("debian", "ubuntu"):
        return True
    return image.repository in _DEBIAN_BY_DEFAULT and "alpine" not in image.tag


def _sh_replaced(command: Command, run: Run, build: Build) -> bool:
    """``ln -sf /bin/bash /bin/sh``, ``dpkg-reconfigure dash``: an earlier command gave /bin/sh another shell."""
    for _, other in earlier_commands(command, run, build):
        values = other.values
        if any(value in ("/bin/sh", "/usr/bin/sh", "sh") for value in values) and other.name in (
            "ln",
            "mv",
            "cp",
            "dpkg-divert",
            "update-alternatives",
        ):
            return True
        if other.name in ("dpkg-reconfigure", "debconf-set-selections", "echo") and any(
            "dash" in (value or "") for value in values
        ):
            return True
    return False


def _has_fallback(command: Command) -> bool:
    """``source x || . x``."""
    below: Node = command
    for above in command.ancestors():
        if above.kind == "or" and below is above.children[0] and not always_succeeds(above.children[-1]):
            return True
        below = above
    return False
