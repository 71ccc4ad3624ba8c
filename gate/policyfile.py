"""Policy files → :class:`~gate.policy.Policy`: YAML or TOML, ``extends``, errors that name file, line and column."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from gate import tomlfile, yamlfile
from gate.model import Place, Severity, Span
from gate.policy import EngineChoice, Policy, PolicyError, Waiver, shipped
from gate.record import dataclass
from gate.schema import Options, PolicyFile
from gate.words import did_you_mean
from gate.yamlfile import Document, YamlError

MAX_BYTES = 1_000_000
MAX_EXTENDS = 10


@dataclass(frozen=True)
class _Source:
    """A policy's text. ``shown`` is its path as users see it; its relative paths start from ``folder``."""

    shown: str
    text: str
    folder: str = ""
    toml: bool = False


@dataclass(frozen=True)
class _Layer:
    """One valid file of a chain of ``extends``."""

    source: _Source
    document: Document
    model: PolicyFile


def load(path: Path) -> Policy:
    """Read a policy file and what it extends. Raises :class:`PolicyError`."""
    source = _open(path)
    return _merge(_layers(source, ()))


def load_shipped(name: str) -> Policy:
    """Read a policy that comes with mlgate."""
    return _merge(_layers(_shipped(name), ()))


def from_values(values: Mapping[str, object]) -> Policy:
    """The policy that these keys make, as if they stood in a file. Raises :class:`PolicyError`."""
    return _merge([_validate(_Source("policy", ""), Document(dict(values)))])


def _open(path: Path) -> _Source:
    shown = os.path.relpath(path).replace(os.sep, "/")
    try:
        if not path.is_file():
            raise PolicyError(f"{shown}: {'not a file' if path.exists() else 'no such file'}")
        if path.stat().st_size > MAX_BYTES:
            raise PolicyError(f"{shown}: larger than {MAX_BYTES} bytes, this is no policy")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PolicyError(f"{shown}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise PolicyError(f"{shown}: byte {error.start} is not UTF-8") from None
    return _Source(shown, text, os.path.dirname(shown), toml=path.suffix == ".toml")


def _shipped(name: str) -> _Source:
    return _Source(f"{name}.yaml", files("gate.policies").joinpath(f"{name}.yaml").read_text(encoding="utf-8"))


def _layers(source: _Source, chain: tuple[str, ...]) -> list[_Layer]:
    """The file and all that it extends, the most general first."""
    layer = _validate(source, _parse(source))
    chain = (*chain, source.shown)
    layers: list[_Layer] = []
    for index, word in enumerate(layer.model.extends):
        where = _where(source, layer.document, ("extends", index))
        parent = _extended(word, source, where)
        if parent.shown in chain or len(chain) > MAX_EXTENDS:
            raise PolicyError(f"{where}: extends itself: {' → '.join((*chain, parent.shown))}")
        layers += _layers(parent, chain)
    return [*layers, layer]


def _extended(word: str, source: _Source, where: str) -> _Source:
    names = shipped()
    if word in names:
        return _shipped(word)
    path = Path(source.folder, word)
    if path.suffix not in {".yaml", ".yml", ".toml"} and not path.is_file():
        raise PolicyError(
            f"{where}: there is no policy '{word}'{did_you_mean(word, names)}; shipped: {', '.join(names)}"
        )
    try:
        return _open(path)
    except PolicyError as error:
        raise PolicyError(f"{where}: cannot extend {error}") from None


def _parse(source: _Source) -> Document:
    try:
        document = tomlfile.read(source.text) if source.toml else yamlfile.read(source.text)
    except YamlError as error:
        raise PolicyError(f"{source.shown}:{error.line}:{error.column}: {error.message}") from None
    if document.value is None:
        document.value = {}
    if not isinstance(document.value, dict):
        raise PolicyError(f"{source.shown}:1:1: a policy is a mapping of keys to values")
    return document


def _validate(source: _Source, document: Document) -> _Layer:
    try:
        return _Layer(source, document, PolicyFile.model_validate(document.value))
    except ValidationError as error:
        faults = {
            _where(source, document, tuple(fault["loc"]), (fault["type"] == "missing")) + f": {_message(fault)}": None
            for fault in error.errors(include_url=False, include_context=False)
        }
        raise PolicyError("\n".join(faults)) from None


def _where(source: _Source, document: Document, loc: tuple[Hashable, ...], parent: bool = False) -> str:
    """``file:line:column`` of a pydantic location: its parts that are no keys of the document are skipped."""
    value: Any = document.value
    path: tuple[Hashable, ...] = ()
    for part in loc[:-1] if parent else loc:
        key = _key(value, part)
        if key is not None:
            path, value = (*path, key), value[key]
    line, column = document.mark(path)
    return f"{source.shown}:{line}:{column}"


def _key(value: Any, part: Hashable) -> Any:
    if isinstance(value, dict):
        spellings = (part, str(part).replace("-", "_"), str(part).replace("_", "-"))
        return next((spelling for spelling in spellings if spelling in value), None)
    return part if isinstance(value, list) and isinstance(part, int) and part < len(value) else None


def _message(fault: Any) -> str:
    """A pydantic error in the words of a policy's author."""
    kind, loc, given = fault["type"], fault["loc"], repr(fault["input"])
    given = given if len(given) <= 60 else given[:57] + "..."
    if kind == "extra_forbidden":
        return f"unknown key '{loc[-1]}'{did_you_mean(str(loc[-1]), _keys_at(loc[:-1]))}"
    if kind == "missing":
        return f"'{loc[-1]}' is missing"
    if kind == "string_type" and isinstance(fault["input"], (int, float)):
        return f"should be text: write it in quotes (got {given})"
    text = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{text[0].lower()}{text[1:]} (got {given})"


def _keys_at(loc: tuple[Hashable, ...]) -> list[str]:
    """The keys that are known at a place of the schema."""
    model: type[BaseModel] = PolicyFile
    for part in loc:
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                model = next(_models_in(field.annotation), model)
    return [str(field.alias) for field in model.model_fields.values()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _merge(layers: list[_Layer]) -> Policy:
    """One policy out of its layers. Later scalars and ``select`` replace, mappings are merged key by key, lists of what
    is ignored, added or waived grow."""
    values: dict[str, Any] = {"settings": {}, "severity": {}, "engines": {}, "per_file_ignores": {}}
    values.update(ignore=(), extend_select=(), rules_dirs=(), vex=(), waivers=())
    for layer in layers:
        model, folder = layer.model, layer.source.folder
        for key in ("ignore", "extend_select"):
            values[key] += tuple(getattr(model, key))
        for key in ("rules_dirs", "vex"):
            values[key] += tuple(_joined(folder, name) for name in getattr(model, key))
        values["waivers"] += tuple(_waivers(layer))
        values["severity"].update({word: Severity[name.upper()] for word, name in model.severity.items()})
        values["engines"].update({name: EngineChoice(e.mode, e.timeout) for name, e in model.engines.items()})
        for pattern, words in model.per_file_ignores.items():
            values["per_file_ignores"][pattern] = (*values["per_file_ignores"].get(pattern, ()), *words)
        values.update(_scalars(model, folder))
        _merge_into(values["settings"], _settings(model))
    last = layers[-1]
    values["name"] = last.model.name or last.source.shown
    return Policy(root=last.source.folder, **values)


def _scalars(model: PolicyFile, folder: str) -> dict[str, Any]:
    """The single values that this file sets."""
    found: dict[str, Any] = {}
    if model.fail_on is not None:
        found["fail_on"] = None if model.fail_on == "never" else Severity[model.fail_on.upper()]
    if model.select is not None:
        found["select"] = tuple(model.select)
    if model.unknown_severity is not None:
        found["unknown_severity"] = Severity[model.unknown_severity.upper()]
    platforms = model.platforms or model.targets
    if platforms is not None:
        found["platforms"] = tuple(dict.fromkeys(platforms))
    if model.baseline is not None:
        found["baseline"] = _joined(folder, model.baseline)
    return found


def _settings(model: PolicyFile) -> dict[str, Any]:
    """The rule options that this file sets, in one spelling: ``labels.required`` is a list, with its types in
    ``types``; ``separate-artifacts`` is said as ``artifacts``."""
    settings = model.model_dump(by_alias=True, exclude_unset=True, include=set(Options.model_fields))
    labels = settings.get("labels")
    if labels and isinstance(labels.get("required"), dict):
        labels["types"] = {**labels["required"], **labels.get("types", {})}
        labels["required"] = list(labels["required"])
    if settings.pop("separate-artifacts", False):
        settings.setdefault("artifacts", "separate")
    return {key: value for key, value in settings.items() if value is not None}


def _merge_into(base: dict[str, Any], extra: dict[str, Any]) -> None:
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge_into(base[key], value)
        else:
            base[key] = value


def _waivers(layer: _Layer) -> Iterator[Waiver]:
    for index, waiver in enumerate(layer.model.waivers):
        if not (waiver.rule or waiver.cve or waiver.package or waiver.path):
            where = _where(layer.source, layer.document, ("waivers", index))
            raise PolicyError(f"{where}: a waiver names a rule, a cve, a package or a path")
        line, column = layer.document.mark(("waivers", index))
        place = Place(layer.source.shown, Span(line, column, line, column))
        yield Waiver(place=place, **waiver.model_dump())


def _joined(folder: str, name: str) -> str:
    return os.path.normpath(os.path.join(folder, name)).replace(os.sep, "/")
