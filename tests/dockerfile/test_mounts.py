"""``RUN --mount``: its fields. What is refused is in ``test_faults.py``."""

from __future__ import annotations

from typing import Any

import pytest

from gate.dockerfile.mounts import Mount, mounts
from gate.dockerfile.tree import Run
from gate.model import Unknown
from tests.dockerfile.reading import build


def found(flags: str) -> list[Mount]:
    run = build(f"FROM scratch\nENV D=/data\nARG U\nRUN {flags} x\n")
    instruction = run.dockerfile.instructions[-1]
    assert isinstance(instruction, Run)
    return mounts(instruction, lambda text: run.expand(text, instruction))


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ("target=/a", {"type": "bind", "target": "/a", "read_only": None}),
        ("type=cache,dst=$D/x", {"type": "cache", "target": "/data/x"}),
        ("TYPE=Cache,Destination=/x,sharing=Locked,id=i", {"type": "cache", "sharing": "locked", "id": "i"}),
        ("type=secret,id=tok,env=TOKEN,required", {"type": "secret", "id": "tok", "env": "TOKEN", "required": True}),
        ("type=secret,src=tok,required=false", {"source": "tok", "required": False}),
        ("from=base,src=/s,target=/t,rw", {"from_": "base", "source": "/s", "read_only": False}),
        ("from=base,target=/t,ro=false", {"read_only": False}),
        ("target=/t,readwrite=true", {"read_only": False}),
        ("type=tmpfs,target=/t,size=64m", {"type": "tmpfs", "size": "64m"}),
        ("type=ssh,mode=0600,uid=1,gid=2", {"type": "ssh", "mode": "0600", "uid": "1", "gid": "2"}),
        ('type=bind,\\"target=/a,b\\"', {"target": "/a,b"}),
    ],
)
def test_fields(value: str, fields: dict[str, Any]) -> None:
    (mount,) = found(f"--mount={value}")
    assert {name: getattr(mount, name) for name in fields} == fields


def test_what_depends_on_an_argument_is_unknown() -> None:
    (mount,) = found("--mount=type=$U,target=/x,mode=1")
    assert isinstance(mount.type, Unknown)


def test_refused_mounts_are_left_out() -> None:
    assert [mount.target for mount in found("--mount=type=bogus --mount=target=/b")] == ["/b"]
