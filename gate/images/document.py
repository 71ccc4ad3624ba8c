"""An image as a Dockerfile: its history as comments, its configuration as instructions.

So the rules about what an image starts, runs as and says of itself can judge an image of which nobody has the Dockerfile.
"""

from __future__ import annotations

import json
import re

from gate.dockerfile.source import Source, Text
from gate.dockerfile.tree import Instruction, Stage
from gate.images.built import BuiltImage, Step
from gate.images.history import Alignment, command_of
from gate.lazy import pattern
from gate.words import counted

_LONGEST = 4000
_NAME = pattern(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SHELL = pattern(r"(?:^| )(?:/\S*/)?(?:ba|da|z|k)?sh (?:(?:-\S+|pipefail|errexit|nounset) )*-\w*c ")
_ARGUMENTS = pattern(r"\|(\d{1,4}) ")
_PAIR = pattern(r"(?:^|(?<=\s))([A-Za-z_]\w*)=(\S*)")
_REFERENCE = pattern(
    r"(?:[a-z0-9][a-z0-9.-]*(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_FIRST = 3
"""The line of the first step."""


def document(image: BuiltImage) -> bytes:
    """The text. Line 3 is the first step of the history."""
    lines = [
        f"FROM {image.reference if _REFERENCE.fullmatch(image.reference) else 'scratch'}",
        f"# {image.platform}, {counted(len(image.layers), 'layer')}{_base(image)}, as its history tells:",
    ]
    lines += [f"# {_line(*_said(step))}" for step in image.history]
    lines += [f"# layer {number + 1}" for number in range(0 if image.history else len(image.layers))]
    lines += [line for line in _configuration(image) if len(line) < 60_000]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _base(image: BuiltImage) -> str:
    """What the image says that it was built on. Which of the layers that is, it does not say."""
    name = image.pairs("Labels").get("org.opencontainers.image.base.name", "")
    return f", built on {name}" if _REFERENCE.fullmatch(name) else ""


def aligned(image: BuiltImage, source: Source, stage: Stage) -> Alignment:
    """The steps of the history as instructions of the document."""
    steps = image.history or [Step("", layer=number) for number in range(len(image.layers))]
    found = Alignment(whole=True)
    offset = len("\n".join(source.text.split("\n")[: _FIRST - 1])) + 1
    for number, step in enumerate(steps):
        line = source.line(_FIRST + number)
        step.instruction = _instruction(source, offset, line, stage)
        if step.layer is not None:
            found.instructions[step.layer] = step.instruction
        offset += len(line) + 1
    return found


def _instruction(source: Source, offset: int, line: str, stage: Stage) -> Instruction:
    start = offset + 2
    keyword, _, rest = line[2:].partition(" ")
    head = Text(source, keyword, start)
    text = Text(source, rest, start + len(keyword) + 1)
    brings = keyword if keyword in ("COPY", "ADD") and not re.search(r" (?:in )?/ ?$", rest) else "RUN"
    return Instruction(brings, source, head, text, start, start + len(line) - 2, stage=stage)


def _said(step: Step) -> tuple[str, str]:
    keyword, text = command_of(step)
    return (keyword, text) if keyword or text else ("step", step.comment)


def _line(keyword: str, text: str) -> str:
    """One step on one line, beginning with its keyword: a history cannot smuggle in a comment that quiets findings."""
    text = _command(text) if keyword == "RUN" else _names(text) if keyword in ("ARG", "ENV") else text
    shown = "".join(character if character.isprintable() else " " for character in f"{keyword} {text}")
    return shown[:_LONGEST].rstrip()


def _command(text: str) -> str:
    """What was run, without the shell and without the values of build arguments: these may be secrets."""
    arguments = _ARGUMENTS.match(text)
    shell = _SHELL.search(text) if arguments else _SHELL.match(text)
    if shell:
        return text[shell.end() :]
    return _PAIR.sub(r"\1=…", text, count=int(arguments[1])) if arguments else text


def _names(text: str) -> str:
    """The variables of ARG or ENV without their values, which are below."""
    names = [match[1] for match in _PAIR.finditer(text)]
    return " ".join(f"{name}=…" for name in names) or text


def _configuration(image: BuiltImage) -> list[str]:
    lines = [f"ENV {name}={_quoted(value)}" for name, value in image.pairs("Env").items() if _NAME.fullmatch(name)]
    lines += [
        f"LABEL {_quoted(name)}={_quoted(value)}" for name, value in sorted(image.pairs("Labels").items()) if name
    ]
    lines += [
        f"EXPOSE {port}"
        for port in sorted(image.pairs("ExposedPorts"))
        if re.fullmatch(r"\d{1,5}/(?:tcp|udp|sctp)", port)
    ]
    lines += [f"VOLUME {_json([path])}" for path in sorted(image.pairs("Volumes")) if path]
    for key, keyword in (("WorkingDir", "WORKDIR"), ("User", "USER"), ("StopSignal", "STOPSIGNAL")):
        value = image.text(key) or ("root" if key == "User" else "")
        if value and value.isprintable() and value.strip() == value and " " not in value and "$" not in value:
            lines.append(f"{keyword} {value}")
    if image.words("Shell"):
        lines.append(f"SHELL {_json(image.words('Shell') or [])}")
    lines += [f"{keyword} {_launch(words)}" for keyword, words in (
        ("ENTRYPOINT", image.words("Entrypoint")), ("CMD", image.words("Cmd"))) if words]  # fmt: skip
    return lines


def _launch(words: list[str]) -> str:
    """The shell form where it is one, else the JSON form."""
    plain = (
        len(words) == 3 and words[:2] == ["/bin/sh", "-c"] and words[2].isprintable() and words[2].strip() == words[2]
    )
    if plain and words[2] and words[2][0] not in "[<" and "<<" not in words[2] and not words[2].endswith(("\\", "`")):
        return words[2]
    return _json(words)


def _json(words: list[str]) -> str:
    return json.dumps(words, ensure_ascii=False)


def _quoted(value: str) -> str:
    clean = "".join(character if character.isprintable() else " " for character in value)
    return '"' + re.sub(r'(["\\$])', r"\\\1", clean) + '"'
