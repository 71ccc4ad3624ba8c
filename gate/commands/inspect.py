"""``mlgate inspect``: the image's configuration and files, before the build."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gate.commands.arguments import Arguments
from gate.commands.one import json_document, one
from gate.commands.output import say, tell_exit, write
from gate.image.inspect import document
from gate.judge import FAILED, PASSED, UNJUDGED
from gate.policy import PolicyError
from gate.terminal import clean


def run(arguments: Arguments, form: str) -> int:
    """Print the image. Exit 1 where the builder would refuse the file, 3 where there is nothing to read."""
    if form not in ("text", "json"):
        raise PolicyError(f"--format: write text or json, not '{form}'")
    found = one(arguments)
    if found is None:
        return UNJUDGED
    build = found[0]
    image = document(build)
    if form == "json":
        write(json_document(image))
    else:
        say("".join(line + "\n" for line in _lines(image)))
    for fault in image["faults"]:
        tell_exit(FAILED, f"{fault['path']}:{fault['line']}: the builder refuses this: {fault['message']}")
        return FAILED
    if image["stage"] is None:
        tell_exit(UNJUDGED, f"there is no stage {arguments.target!r}" if arguments.target else "there is no stage")
        return UNJUDGED
    return PASSED


def _lines(image: dict[str, Any]) -> Iterator[str]:
    stage = image["stage"]
    if stage is not None:
        name = f" ({clean(stage['name'])})" if stage["name"] else ""
        where = f"{clean(image['dockerfile'])}:{stage['line']}"
        yield f"stage {stage['index']}{name} from {clean(str(stage['base']))}, {where}"
    for key, value in image["config"].items():
        if value not in (None, [], {}, ""):
            yield f"  {key + ':':<14}{clean(json.dumps(value, ensure_ascii=False))}"
    for file in image["files"]:
        link = f" -> {clean(file['link'])}" if file.get("link") else ""
        owner = f"{_known(file['uid'])}:{_known(file['gid'])}"
        yield (
            f"  {_known(file['mode']):<6}{owner:<12}{_known(file['size']):>10}  {clean(file['path'])}{link}"
            f"  ({file['type']}, line {file['line']})"
        )
    for question in image["undecided"]:
        settle = f"; {clean(question['settle'])} settles it" if question["settle"] else ""
        yield f"  undecided: {clean(question['what'])}, line {question['line']}: {clean(question['reason'])}{settle}"
    for fault in image["faults"]:
        yield f"  refused: {clean(fault['path'])}:{fault['line']}:{fault['column']}: {clean(fault['message'])}"


def _known(value: object) -> str:
    return "?" if value is None else str(value)
