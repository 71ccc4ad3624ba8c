"""The configuration, field by field. What BuildKit makes of it is in test_oracle."""

from typing import Any

import pytest

from gate.image.inspect import document
from gate.model import Unknown
from tests.image.support import build

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def config(*lines: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = document(build("FROM scratch AS first\n" + "\n".join(lines) + "\n", **options))["config"]
    return found


def test_defaults() -> None:
    assert config() == {
        "Env": [PATH], "Entrypoint": None, "Cmd": None, "WorkingDir": "/", "User": "", "Labels": {}, "ExposedPorts": [], "Volumes": [],
        "StopSignal": None, "Shell": None, "Healthcheck": None, "OnBuild": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "env"),
    [
        (["ENV A=1 B=$A"], ["A=1", "B="]),
        (["ENV A=1", "ENV B=$A A=2 C=$A"], ["A=2", "B=1", "C=1"]),
        (["ENV A b  c"], ["A=b  c"]),
        (["ENV A=\"x y\" B='$A' C=a\\ b"], ["A=x y", "B=$A", "C=a b"]),
        (["ARG A=1", "ENV B=$A"], ["B=1"]),
        (["ENV A=1", "ARG A=2", "ENV B=$A"], ["A=1", "B=2"]),
        (["ENV A=1", "ARG A=2", "FROM first", "ENV B=$A"], ["A=1", "B=1"]),
        (["ARG A=1", "FROM first", "ENV B=$A"], ["B=1"]),
        (["ARG A", "ENV B=x$A"], ["B=x"]),
        (["ARG TARGETARCH", "ENV B=$TARGETARCH"], ["B=amd64"]),
    ],
)
def test_env(lines: list[str], env: list[str]) -> None:
    assert config(*lines)["Env"] == [PATH, *env]


@pytest.mark.parametrize(
    ("lines", "entrypoint", "cmd"),
    [
        (['CMD ["a"]'], None, ["a"]),
        (["CMD a b"], None, ["/bin/sh", "-c", "a b"]),
        (['SHELL ["bash","-c"]', "CMD a", "ENTRYPOINT b"], ["bash", "-c", "b"], ["bash", "-c", "a"]),
        (['CMD ["a"]', "FROM first", 'ENTRYPOINT ["b"]'], ["b"], None),
        (['CMD ["a"]', 'ENTRYPOINT ["b"]'], ["b"], ["a"]),
        (['CMD ["a"]', "FROM first", 'CMD ["c"]', 'ENTRYPOINT ["b"]'], ["b"], ["c"]),
        (['ENTRYPOINT ["b"]', 'CMD ["a"]', "FROM first", "ENTRYPOINT []"], None, None),
        (['CMD ["a"]', "CMD []"], None, None),
        (['ENTRYPOINT ["x"] # comment'], ["/bin/sh", "-c", '["x"] # comment'], None),
        (['CMD ["a",]'], None, ["/bin/sh", "-c", '["a",]']),
        (["CMD"], None, ["/bin/sh", "-c", ""]),
    ],
)
def test_entrypoint_and_cmd(lines: list[str], entrypoint: Any, cmd: Any) -> None:
    found = config(*lines)
    assert (found["Entrypoint"], found["Cmd"]) == (entrypoint, cmd)


@pytest.mark.parametrize(
    ("lines", "key", "value"),
    [
        (["WORKDIR /a", "WORKDIR b", "WORKDIR ../c"], "WorkingDir", "/a/c"),
        (["WORKDIR /a/"], "WorkingDir", "/a/"),
        (["WORKDIR /a/../b"], "WorkingDir", "/a/../b"),
        (["ENV X=/y", "WORKDIR $X/z"], "WorkingDir", "/y/z"),
        (["WORKDIR ."], "WorkingDir", "/"),
        (["USER 1000:7"], "User", "1000:7"),
        (["LABEL a=1 b.c=\"x y\" a=2"], "Labels", {"a": "2", "b.c": "x y"}),
        (["EXPOSE 80 8080/udp 9000-9002 53/TCP"], "ExposedPorts", ["53/tcp", "80/tcp", "8080/udp", "9000/tcp", "9001/tcp", "9002/tcp"]),
        (["VOLUME /a /b"], "Volumes", ["/a", "/b"]),
        (['VOLUME ["/a b"]'], "Volumes", ["/a b"]),
        (["STOPSIGNAL sigusr1"], "StopSignal", "sigusr1"),
        (['SHELL ["a","b"]'], "Shell", ["a", "b"]),
        (["HEALTHCHECK NONE"], "Healthcheck", {"Test": ["NONE"]}),
        (["HEALTHCHECK --interval=1m30s --retries=3 --timeout=0s CMD x y"], "Healthcheck",
         {"Test": ["CMD-SHELL", "x y"], "Interval": 90_000_000_000, "Retries": 3}),
        (['HEALTHCHECK CMD ["x"]'], "Healthcheck", {"Test": ["CMD", "x"]}),
        (["ONBUILD COPY a  b ", "ONBUILD RUN x"], "OnBuild", ["COPY a  b ", "RUN x"]),
    ],
)  # fmt: skip
def test_fields(lines: list[str], key: str, value: Any) -> None:
    assert config(*lines)[key] == value


def test_triggers_run_once_in_the_child() -> None:
    found = config(
        "ENV A=1",
        "ONBUILD ENV B=$A",
        'ONBUILD CMD ["x"]',
        "FROM first AS second",
        "ENV C=$B",
        "FROM second",
        'ENTRYPOINT ["e"]',
    )
    assert found["Env"] == [PATH, "A=1", "B=1", "C=1"]
    assert (found["OnBuild"], found["Cmd"]) == ([], None)


def test_set_by() -> None:
    image = build('FROM scratch\nENV A=1 \\\n B=2\nENV A=3\nEXPOSE 80\nUSER x\nENTRYPOINT ["a"]\n').image()
    lines = {key: instruction.line for key, instruction in image.config.set_by.items()}
    assert lines == {"Env.A": 4, "Env.B": 2, "ExposedPorts.80/tcp": 5, "User": 6, "Entrypoint": 7, "Cmd": 7}


def test_build_arguments_and_target() -> None:
    dockerfile = "ARG V=0\nFROM scratch AS a\nARG V\nLABEL v=$V\nFROM scratch AS b\n"
    assert document(build(dockerfile, build_args={"V": "9"}, target="A"))["config"]["Labels"] == {"v": "9"}
    assert document(build(dockerfile, target="nope"))["stage"] is None


def test_an_argument_that_nothing_sets_is_unknown_to_rules() -> None:
    image = build(
        "FROM scratch\nARG X\nARG TARGETARCH\nENV A=$X B=${X:-y} C=$TARGETARCH\nWORKDIR $X/y\n", plain=False
    ).image()
    assert all(isinstance(image.config.env[name], Unknown) for name in "ABC")
    assert isinstance(image.config.working_dir, Unknown)


def test_unread_base() -> None:
    image = build('FROM python:3.12\nENV A=1\nWORKDIR sub\nCMD ["x"]\nEXPOSE 80\n').image()
    config = image.config
    assert isinstance(config.entrypoint, Unknown) and "python:3.12" in config.entrypoint.reason
    assert (
        isinstance(config.working_dir, Unknown)
        and isinstance(config.user, Unknown)
        and isinstance(config.env["PATH"], Unknown)
    )
    assert config.cmd == ["x"] and config.env["A"] == "1" and config.exposed_ports == {"80/tcp": None}
    absolute = build('FROM python:3.12\nWORKDIR /a\nWORKDIR b\nENTRYPOINT ["e"]\nUSER 5\n').image().config
    assert (absolute.working_dir, absolute.entrypoint, absolute.cmd, absolute.user) == ("/a/b", ["e"], None, "5")


def test_a_base_without_a_name_is_refused_in_a_plain_build() -> None:
    dockerfile = "ARG B=$V\nARG V=x\nFROM $B\n"
    assert [fault.message for fault in build(dockerfile).faults] == ["base name ($B) should not be blank"]
    assert build(dockerfile, plain=False).faults == []
