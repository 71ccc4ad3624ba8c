"""``mlgate inspect``: the image before the build, as a document and as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gate.build import Build
from gate.dockerfile.stages import link
from gate.image.model import Config, File
from gate.model import Place, Unknown

_TYPES = {"file", "directory", "symlink", "fifo", "device"}


def document(build: Build) -> dict[str, Any]:
    """The document of ``mlgate inspect --format json``.

    Variables are as in ``docker build .`` with the build's arguments. ``stage`` is None where the file has no such stage.
    ``faults`` lists what the builder refuses, the syntax included.
    """
    if build.plain:
        return _document(build)
    plain = Build(
        build.dockerfile, context=build.context, build_args=build.build_args, target=build.target_name,
        platforms=build.platforms, settings=build.settings, today=build.today, plain=True,
    )  # fmt: skip
    try:
        return _document(plain)
    finally:
        link(build.dockerfile, build.build_args, build.target_name)  # the stages' parents as the caller had them


def _document(build: Build) -> dict[str, Any]:
    stage = build.target
    found: dict[str, Any] = {
        "schema_version": 1,
        "dockerfile": build.dockerfile.path,
        "stage": None,
        "config": {},
        "files": [],
        "undecided": [],
        "faults": [_fault(fault.message, fault.place) for fault in build.faults],
    }
    if stage is None:
        return found
    image = build.image(stage)
    root = stage.root
    found["stage"] = {"index": stage.index, "name": stage.name, "base": root.base, "line": stage.from_.line}
    config, undecided = _config(image.config, root.from_.line)
    found["config"] = config
    found["files"] = [_file(file, build) for file in image.files]
    undecided += [_undecided(what, line, why) for what, line, why in image.undecided]
    found["undecided"] = _unique(undecided)
    found["faults"] += [_fault(fault.message, fault.place) for fault in image.faults]
    return found


def _fault(message: str, place: Place) -> dict[str, Any]:
    return {"message": message, "path": place.path, "line": place.span.line, "column": place.span.column}


def _undecided(what: str, line: int, why: Unknown) -> dict[str, Any]:
    return {"what": what, "line": line, "reason": why.reason, "settle": why.settle}


def _unique(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({tuple(row.values()): row for row in rows}.values())


def _config(config: Config, base_line: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The configuration under its OCI names without what is unknown, and that."""
    values: dict[str, Any] = {
        "Env": [], "Entrypoint": config.entrypoint, "Cmd": config.cmd, "WorkingDir": config.working_dir,
        "User": config.user, "Labels": {}, "ExposedPorts": sorted(config.exposed_ports),
        "Volumes": sorted(config.volumes), "StopSignal": config.stop_signal, "Shell": config.shell,
        "Healthcheck": config.healthcheck, "OnBuild": config.on_build,
    }  # fmt: skip
    undecided = []

    def leave_out(key: str, why: Unknown) -> None:
        instruction = config.set_by.get(key)
        undecided.append(_undecided(f"config.{key}", instruction.line if instruction else base_line, why))

    for name, value in config.env.items():
        if isinstance(value, Unknown):
            leave_out(f"Env.{name}", value)
        else:
            values["Env"].append(f"{name}={value}")
    for name, value in sorted(config.labels.items()):
        if isinstance(value, Unknown):
            leave_out(f"Labels.{name}", value)
        else:
            values["Labels"][name] = value
    for key in [key for key, value in values.items() if isinstance(value, Unknown)]:
        leave_out(key, values.pop(key))
    if config.inherited is not None:
        for key in ("Env", "Labels", "ExposedPorts", "Volumes"):
            leave_out(key, config.inherited)
    for key in ("Entrypoint", "Cmd"):
        if key in values and not values[key]:
            values[key] = None
    return values, undecided


def _file(file: File, build: Build) -> dict[str, Any]:
    known = file.type in _TYPES and file.mode is not None and (file.type != "file" or file.size is not None)
    shown = build.context.shown(file.source) if file.source is not None and build.context is not None else file.source
    return {
        "path": file.path,
        "type": file.type if known else "unknown",
        "mode": f"{file.mode:04o}" if file.mode is not None else None,
        "uid": file.uid,
        "gid": file.gid,
        "size": file.size if file.type == "file" else 0,
        "link": file.link,
        "line": file.instruction.line if file.instruction is not None else None,
        "source": shown,
    }
