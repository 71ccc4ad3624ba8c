"""Where our reading of a Dockerfile differs from BuildKit's, in words. Nothing to say when they agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gate.build import Build
from gate.dockerfile.expand import expand_words
from gate.dockerfile.ports import parse_port
from gate.dockerfile.tree import Copy, Instruction, Launch, Onbuild, Pairs, Run, Words
from gate.model import Unknown
from tests.dockerfile.reading import read
from tests.engines.frontend import Answer, Frontend

# The line of these is BuildKit's own slip: it counts from nought, or before it has counted the line.
_LINE_UNSURE = re.compile("parser directive|escape token|max allowed size|failed to parse stage name")


def difference(frontend: Frontend, dockerfile: bytes, build_args: Mapping[str, str]) -> str:
    """The first difference, or nothing."""
    answer = frontend(dockerfile, build_args)
    build = Build(read(dockerfile), build_args=build_args)
    return _nodes(answer, build) or _error(answer, build) or ("" if answer.error else _image(answer, build))


def _nodes(answer: Answer, build: Build) -> str:
    if not answer.nodes:
        return ""
    theirs = [(node["keyword"], node["start"], node["end"]) for node in answer.nodes]
    ours = [(_utf8(each.head.value), each.line, each.end_line) for each in build.dockerfile.instructions]
    if theirs != ours:
        return f"instructions: {theirs} and ours {ours}"
    for node, instruction in zip(answer.nodes, build.dockerfile.instructions, strict=True):
        if problem := _flags(node, instruction) or _heredocs(node, instruction) or _words(node, instruction):
            return f"line {instruction.line}: {problem}"
    return ""


def _utf8(text: str) -> str:
    """As Go's JSON has it: a byte that is no UTF-8 is one replacement character."""
    return re.sub("[\udc80-\udcff]", "\ufffd", text)


def _flags(node: dict[str, Any], instruction: Instruction) -> str:
    theirs = [flag[2:] for flag in node["flags"] or []]
    ours = [_utf8(flag.name if flag.value is None else f"{flag.name}={flag.value}") for flag in instruction.flags]
    return "" if theirs == ours else f"flags {theirs} and ours {ours}"


def _heredocs(node: dict[str, Any], instruction: Instruction) -> str:
    theirs = [
        (each["Name"], each["Expand"], each["Chomp"], each["FileDescriptor"], _chomped(each["Content"], each["Chomp"]))
        for each in node["heredocs"] or []
    ]
    ours = [
        (_utf8(each.name), each.expand, each.chomp, each.fd, _utf8(each.body.value)) for each in instruction.heredocs
    ]
    return "" if theirs == ours else f"heredocs {theirs} and ours {ours}"


def _chomped(body: str, chomp: bool) -> str:
    return re.sub("(?m)^\t+", "", body) if chomp else body


def _words(node: dict[str, Any], instruction: Instruction) -> str:
    ours = _our_words(instruction)
    return "" if ours is None or list(map(_utf8, ours)) == node["words"] else f"words {node['words']} and ours {ours}"


def _our_words(instruction: Instruction) -> list[str] | None:
    """The words as BuildKit's parser counts them; None where it counts in another way than the tree."""
    if isinstance(instruction, Pairs):
        if instruction.keyword == "ARG":
            return [str(pair.key) + ("" if pair.value is None else f"={pair.value}") for pair in instruction.pairs]
        return [
            word for pair in instruction.pairs for word in (str(pair.key), str(pair.value), "=" * (not pair.legacy))
        ]
    if isinstance(instruction, Words):
        return [word.value for word in instruction.words]
    if isinstance(instruction, Copy) and "<<" not in instruction.text.value:
        return [word.value for word in (*instruction.sources, instruction.destination)]
    if isinstance(instruction, Run | Launch) and instruction.keyword != "HEALTHCHECK" and not instruction.heredocs:
        if instruction.exec is not None:
            return [word.value for word in instruction.exec]
        return [str(instruction.script)] if str(instruction.script) else []
    return None


def _error(answer: Answer, build: Build) -> str:
    faults = build.faults
    if not answer.error or not faults:
        if answer.error and not _knows_everything(build):
            return ""  # what the base image sets, we cannot know
        return "" if bool(answer.error) == bool(faults) else f"error {answer.error!r} and ours {faults[:1]}"
    messages = [plain(fault.message) for fault in faults]
    # Several bad references are found at once, and any of them is told.
    mine = messages if "failed to parse stage name" in answer.error else messages[:1]
    if plain(answer.error) not in mine:
        return f"error {answer.error!r} and ours {mine}" if _knows_everything(build) else ""
    line = faults[0].place.line
    if answer.lines and not _LINE_UNSURE.search(answer.error) and not answer.lines[0] <= line <= max(answer.lines):
        return f"error {answer.error!r} at {answer.lines} and ours at {line}"
    return ""


def plain(message: str) -> str:
    """Without the prefix, and without the hint: of several that are equally near BuildKit gives any."""
    return re.sub(r" \(did you mean .*\?\)", "", re.sub(r"^dockerfile parse error on line \d+: ", "", _utf8(message)))


def _knows_everything(build: Build) -> bool:
    return all(stage.base == "scratch" for stage in build.stages if stage.parent is None)


def _image(answer: Answer, build: Build) -> str:
    """The configuration that variables go into. ENV that an ONBUILD brings is left to the tests of the image model."""
    assert answer.image is not None
    assert build.target is not None
    config = answer.image["config"]
    lineage = build.target.lineage()
    if any(isinstance(each, Onbuild) for stage in lineage[:-1] for each in stage.instructions):
        return ""
    wanted: dict[str, dict[Any, Any]] = {"Env": {}, "Labels": {}, "User": {}, "StopSignal": {}, "Volumes": {}}
    wanted["ExposedPorts"] = {}
    for stage in lineage:
        for instruction in stage.instructions:
            _carry_out(instruction, build, wanted)
    found = {
        "Env": dict(entry.split("=", 1) for entry in config["Env"]),
        "User": {"": config.get("User", "")},
        "StopSignal": {"": config.get("StopSignal", "")},
        "Labels": config.get("Labels") or {},
        "Volumes": config.get("Volumes") or {},
        "ExposedPorts": config.get("ExposedPorts") or {},
    }
    for field, values in wanted.items():
        for key, value in values.items():
            if isinstance(key, str) and isinstance(value, str) and found[field].get(key) != value:
                return f"{field} {key!r}: {found[field].get(key)!r} and ours {value!r}"
            if value is None and key not in found[field]:
                return f"{field}: no {key!r}, which we have"
    return ""


def _carry_out(instruction: Instruction, build: Build, wanted: dict[str, dict[Any, Any]]) -> None:
    if isinstance(instruction, Pairs) and instruction.keyword in ("ENV", "LABEL"):
        field = wanted["Env" if instruction.keyword == "ENV" else "Labels"]
        for pair in instruction.pairs:
            field[build.expand(pair.key, instruction)] = build.expand(str(pair.value), instruction)
    elif instruction.keyword == "USER" and isinstance(instruction, Words):
        wanted["User"][""] = build.expand(instruction.words[0], instruction)
    elif instruction.keyword == "STOPSIGNAL" and isinstance(instruction, Words):
        wanted["StopSignal"][""] = build.expand(instruction.words[0], instruction)
    elif instruction.keyword == "VOLUME" and isinstance(instruction, Words):
        for word in instruction.words:
            volume = build.expand(word, instruction)
            if isinstance(volume, str):
                wanted["Volumes"][volume] = None
    elif instruction.keyword == "EXPOSE" and isinstance(instruction, Words):
        for word in instruction.words:
            for value in expand_words(word.value, build.dockerfile.escape, build.scope(instruction).get):
                if not isinstance(value, Unknown):
                    wanted["ExposedPorts"].update(dict.fromkeys(parse_port(value)))
