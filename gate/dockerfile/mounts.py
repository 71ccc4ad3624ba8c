"""``RUN --mount=…``: what it mounts, and BuildKit's words where it refuses it."""

from __future__ import annotations

from collections.abc import Callable

from gate.dockerfile import go
from gate.dockerfile.expand import Value
from gate.dockerfile.flags import csv_fields
from gate.dockerfile.suggest import did_you_mean
from gate.dockerfile.tree import Flag, Run
from gate.lazy import pattern
from gate.model import Unknown
from gate.record import dataclass

TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_SHARING = ("shared", "private", "locked")
_KEYS = (
    "type", "from", "source", "target", "readonly", "id", "sharing", "required", "size", "mode", "uid", "gid", "src",
    "dst", "destination", "ro", "rw", "readwrite", "env",
)  # fmt: skip
_SIZE = pattern(r"(?i)[0-9_]*\.?[0-9]*(?:e[+-]?[0-9]+)? ?(?:b|[kmgtp](?:i?b)?)?")


class MountError(ValueError):
    """BuildKit refuses the mount; the message is BuildKit's."""


@dataclass(slots=True)
class Mount:
    """One ``--mount``. A field is None when it is not given, Unknown when its value cannot be known."""

    flag: Flag
    type: Value = "bind"
    from_: str | None = None  # a stage or an image; BuildKit expands no variables here
    source: Value | None = None
    target: Value | None = None
    id: Value | None = None
    sharing: Value | None = None
    env: Value | None = None
    mode: Value | None = None
    uid: Value | None = None
    gid: Value | None = None
    size: Value | None = None
    required: bool = False
    read_only: bool | None = None  # None: the type's default


_PLACES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}


def parse_mount(flag: Flag, expand: Callable[[str], Value]) -> Mount:
    """One mount, its values expanded by ``expand``. Raises :class:`MountError`, and what ``expand`` raises."""
    mount = Mount(flag)
    if flag.value is None:
        return mount
    try:
        fields = csv_fields(flag.value.value)
    except ValueError as error:
        raise MountError(f"failed to parse csv mounts: {error}") from None
    for each in fields:
        key, equals, written = each.partition("=")
        key = key.lower()
        if not equals:
            _bare(mount, key, each)
            continue
        _set(mount, key, expand(written), each)
    _check(mount)
    return mount


def mounts(run: Run, expand: Callable[[str], Value]) -> list[Mount]:
    """The mounts of a RUN that BuildKit takes; those that it refuses are left out."""
    found = []
    for flag in run.flags:
        if flag.name == "mount":
            try:
                found.append(parse_mount(flag, expand))
            except ValueError:
                continue
    return found


def _bare(mount: Mount, key: str, written: str) -> None:
    if key in ("readonly", "ro"):
        mount.read_only = True
    elif key in ("readwrite", "rw"):
        mount.read_only = False
    elif key == "required":
        if mount.type not in ("secret", "ssh") and isinstance(mount.type, str):
            raise MountError(f"unexpected key '{key}' for mount type '{mount.type}'")
        mount.required = True
    else:
        raise MountError(f"invalid field '{written}' must be a key=value pair")


def _set(mount: Mount, key: str, value: Value, written: str) -> None:
    name = _PLACES.get(key, key)
    if name == "type":
        if isinstance(value, str):
            if value.lower() not in TYPES:
                raise MountError(f"unsupported mount type {go.quote(value)}{did_you_mean(value, TYPES)}")
            value = value.lower()
        mount.type = value
    elif name == "from":
        mount.from_ = value if isinstance(value, str) else None
    elif name in ("source", "target", "id", "env"):
        setattr(mount, name, value)
    elif name in ("readonly", "readwrite"):
        _boolean(key, value)
        mount.read_only = None if isinstance(value, Unknown) else go.truth(value) == (name == "readonly")
    elif name in ("required", "size"):
        _typed(mount, name, key, value)
    elif name == "sharing":
        if isinstance(value, str):
            if value.lower() not in _SHARING:
                raise MountError(f"unsupported sharing value {go.quote(value)}{did_you_mean(value, _SHARING)}")
            value = value.lower()
        mount.sharing = value
    elif name in ("mode", "uid", "gid"):
        if isinstance(value, str) and not _unsigned(value, 8 if name == "mode" else 10):
            raise MountError(f"invalid value {value} for {name}")
        setattr(mount, name, value)
    else:
        raise MountError(f"unexpected key '{key}' in '{written}'{did_you_mean(key, _KEYS)}")


def _boolean(key: str, value: Value) -> None:
    if isinstance(value, str) and not go.is_bool(value):
        raise MountError(f"invalid value for {key}: {value}")


def _typed(mount: Mount, name: str, key: str, value: Value) -> None:
    """The keys that only some types take."""
    takers = ("secret", "ssh") if name == "required" else ("tmpfs",)
    if isinstance(mount.type, str) and mount.type not in takers:
        raise MountError(f"unexpected key '{key}' for mount type '{mount.type}'")
    if name == "required":
        _boolean(key, value)
        mount.required = isinstance(value, str) and go.truth(value)
        return
    if isinstance(value, str) and not (_SIZE.fullmatch(value) and any(map(str.isdigit, value))):
        raise MountError(f"invalid value for {key}: {value}")
    mount.size = value


def _unsigned(text: str, base: int) -> bool:
    digits = "01234567" if base == 8 else "0123456789"
    return bool(text) and not text.strip(digits) and len(text) <= 20 and int(text, base) < 1 << 32


def _check(mount: Mount) -> None:
    kind = mount.type
    if isinstance(kind, Unknown):
        return
    if kind in ("bind", "tmpfs"):
        for name in ("mode", "uid", "gid"):
            if getattr(mount, name) is not None:
                raise MountError(f"{name} not allowed for {go.quote(kind)} type mounts")
    if kind == "secret":
        _check_secret(mount)
    if mount.sharing and kind != "cache" and isinstance(mount.sharing, str):
        raise MountError(f"invalid cache sharing set for {kind} mount")


def _check_secret(mount: Mount) -> None:
    if mount.from_:
        raise MountError("secret mount should not have a from")
    if mount.sharing and isinstance(mount.sharing, str):
        raise MountError("secret mount should not define sharing")
    if not (mount.source or mount.target or mount.id):
        raise MountError("invalid secret mount. one of source, target required")
    if isinstance(mount.source, str) and isinstance(mount.id, str) and mount.source and mount.id:
        raise MountError("both source and id can't be set")
