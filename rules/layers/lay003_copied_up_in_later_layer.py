"""LAY003 copied-up-in-later-layer: changing an owner or a mode copies the whole file into a second layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from gate.build import Build
from gate.model import Finding, Severity
from gate.rule import Example, Results, Rule
from gate.rules.layers._changers import Change
from gate.rules.layers._made import BIG, Made
from gate.rules.layers._paths import covers, inside, written
from gate.rules.layers._trace import Event, Layer, layers

rule = Rule(
    id="LAY003",
    name="copied-up-in-later-layer",
    severity=Severity.MEDIUM,
    summary="A RUN changes owner, mode or name of files that an earlier layer holds.",
    reason="A layer never changes: whoever changes a file's owner or mode copies it, with all its bytes, into the new layer. The image then carries the "
    "tree twice.",
    fix="Bring the files as they should be: COPY --chown=user:group, COPY --chmod=755. Files that a RUN makes get their owner and mode in that RUN.",
    bad=[
        "FROM debian:12.5\nCOPY . /app\nRUN »chown -R app /app\n",
        "FROM debian:12.5\nRUN git clone https://example.com/x.git /opt/x\nRUN »chmod -R 755 /opt/x\n",
        "FROM debian:12.5\nWORKDIR /app\nCOPY src .\nRUN useradd app && »chown -R app:app .\n",
        "FROM debian:12.5\nADD https://example.com/model.bin /tmp/model.bin\nRUN »mv /tmp/model.bin /opt/\n",
        Example(
            "FROM debian:12.5\nCOPY model.bin /opt/\nRUN »chmod 644 /opt/model.bin\n",
            files={"model.bin": "x" * 2_000_000},
        ),
    ],
    good=[
        "FROM debian:12.5\nCOPY --chown=app . /app\n",
        "FROM debian:12.5\nRUN git clone https://example.com/x.git /opt/x && chmod -R 755 /opt/x\n",
        "FROM debian:12.5\nCOPY entry.sh /entry.sh\nRUN chmod +x /entry.sh\n",
        "FROM debian:12.5\nRUN mkdir -p /data && chown -R app /data\n",
        "FROM debian:12.5\nWORKDIR /app\nRUN chown -R app /app\n",
        "FROM debian:12.5 AS build\nCOPY . /app\nRUN chown -R app /app\nFROM debian:12.5\nCOPY --from=build /app /app\n",
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for layer in layers(build):
        found = next(_findings(layer, build), None)
        if found is not None:
            yield found


def _findings(layer: Layer, build: Build) -> Iterator[Finding]:
    """The changes of one RUN that copy something up, the dearest first."""
    if not any(event.changes for event in layer.events):
        return
    found = layer.found
    made: list[Made] = []
    dear: list[Finding] = []
    cheap: list[Finding] = []
    for event in layer.events:
        for change in event.changes:
            hits = (one for one in reversed(found) if _touches(change, one, made, event, layer, build))
            one = next(hits, None)
            if one is not None and not _is_dear(one, event):
                one = next((other for other in hits if _is_dear(other, event)), one)
            if one is not None:
                severity = None if _is_dear(one, event) else Severity.LOW
                (cheap if severity else dear).append(_finding(change, one, event, severity, layer))
        made += event.made
    yield from dear or cheap


def _touches(change: Change, one: Made, made: list[Made], event: Event, layer: Layer, build: Build) -> bool:
    """Whether a change rewrites something in an earlier layer that is worth a word."""
    if one.kind == "cache" or any(other.path == one.path for other in made):
        return False
    if covers(change.path, one.path):
        if change.path != one.path:
            return change.whole
        return one.is_heavy and (change.whole or not one.is_tree)
    if one.is_tree and change.whole and inside(change.path, one.path):
        return (one.kind == "tree" and layer.produces >= event.number) or _is_big(one, change.path, build)
    return False


def _is_dear(one: Made, event: Event) -> bool:
    """A tree, a big file, or a download that is moved; not a program that only gets its exec bit."""
    return one.is_heavy and (one.kind != "file" or event.command.name not in ("chmod", "chown", "chgrp"))


def _is_big(one: Made, path: str, build: Build) -> bool:
    """Whether the context shows a folder, or a big file, at a path inside a copied tree."""
    if one.source is None or build.context is None:
        return False
    entry = build.context.get(posixpath.join(one.source, posixpath.relpath(path, one.path)))
    return entry is not None and (entry.type == "directory" or entry.size >= BIG)


def _finding(change: Change, one: Made, event: Event, severity: Severity | None, layer: Layer) -> Finding:
    command = event.command
    name = command.name or ""
    where = f"line {one.line}" if one.line else "the base image"
    cure = ""
    if one.kind.startswith("copy"):
        cure = {
            "chown": "Write COPY --chown=… on line {}.",
            "chmod": "Write COPY --chmod=… on line {}.",
            "mv": "Copy it to its place on line {}.",
        }.get(name, "").format(one.line)
    elif one.line:
        cure = f"Do it in the RUN of line {one.line}."
    return rule.finding(
        command,
        f"{name} copies {written(change.word)} into a second layer: it is in the layer of {where} already.",
        help=cure,
        severity=severity,
        stage=layer.run.stage,
    )
