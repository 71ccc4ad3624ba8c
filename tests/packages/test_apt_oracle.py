"""Which options answer apt's question: asked of the real apt-get, on a repository of two empty packages."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from gate.packages.prompts import prompt
from tests.packages.support import build_of

pytestmark = pytest.mark.skipif(
    not shutil.which("apt-get") or not shutil.which("dpkg-deb") or os.name != "posix" or os.geteuid() != 0,
    reason="apt-get runs as root, on a Debian",
)

OPTIONS = """-q|-qq|-q -q|-q2|-q=2|--quiet=2|--quiet=1|-qqq|--quiet --quiet|-y|--yes|-y=false|-y=no|--assume-yes=false
--yes=true|-y=true|--no-assume-yes|-y --no-assume-yes|--no-assume-yes -y|--assume-no|-y --assume-no|-Vy|-yV
--YES|--Assume-Yes|-o APT::Get::Assume-Yes=true|-o APT::Get::Assume-Yes=1|-oAPT::Get::Assume-Yes=1
-o=APT::Get::Assume-Yes=1|-o apt::get::assume-yes=yes|-o APT::Get::Assume-Yes=on|-o APT::Get::Assume-Yes=off
-o quiet=1|-o quiet=2|-oquiet=3|--force-yes|-d|-s|--print-uris|-f|-y=0|-y=1|-y=enable|-qq --quiet=0|-qq -q=0|-qy
-yqq|--assume-yes=0|-m|-u|-y=on|--option APT::Get::Assume-Yes=true|--option=APT::Get::Assume-Yes=true|-qqy=false
-y=without|--reinstall|-qq -y=false|-y -y=false|-y=false -y|-o APT::Get::Assume-Yes=false -y
-y -o APT::Get::Assume-Yes=false|-q=1 -q|-yo Debug::x=1|-oDebug::x=1 -y|--no-yes|-y --no-yes|-y1|-y0|--simulate
--just-print|--dry-run|--no-act"""


@pytest.fixture(scope="module")
def apt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an apt of our own, whose dpkg does nothing."""
    root = tmp_path_factory.mktemp("apt")
    for name in (
        "state/lists/partial",
        "cache/archives/partial",
        "etc/apt.conf.d",
        "etc/preferences.d",
        "etc/sources.list.d",
        "repo",
    ):
        (root / name).mkdir(parents=True)
    index = ""
    for name, depends in (("mlgate-a", "Depends: mlgate-b\n"), ("mlgate-b", "")):
        control = f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.com>\n"
        control += f"{depends}Description: x\n"
        (root / name / "DEBIAN").mkdir(parents=True)
        (root / name / "DEBIAN/control").write_text(control)
        archive = root / "repo" / f"{name}.deb"
        subprocess.run(["dpkg-deb", "-b", root / name, archive], check=True, capture_output=True)
        data = archive.read_bytes()
        index += f"{control}Filename: ./{name}.deb\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n\n"
    (root / "repo/Packages").write_text(index)
    (root / "etc/sources.list").write_text(f"deb [trusted=yes] file:{root}/repo ./\n")
    (root / "status").write_text("")
    settings = {
        "Dir::State": root / "state",
        "Dir::State::status": root / "status",
        "Dir::Cache": root / "cache",
        "Dir::Etc": root / "etc",
        "Dir::Etc::parts": root / "etc/apt.conf.d",
        "Dir::Log": root,
        "Dir::Bin::dpkg": "/bin/true",
        "Debug::pkgDPkgPM": "1",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "1",
    }
    (root / "conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    environment = {**os.environ, "APT_CONFIG": str(root / "conf"), "LC_ALL": "C"}
    if subprocess.run(["apt-get", "update"], env=environment, capture_output=True, timeout=60).returncode:
        pytest.skip("apt-get cannot read the repository here")
    yield environment


def asks(line: str, environment: dict[str, str]) -> bool:
    done = subprocess.run(line.split(), env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    text = (done.stdout + done.stderr).decode()
    assert done.returncode in (0, 1), text
    return done.returncode == 1 and "Abort." in text


def predicted(line: str) -> bool:
    build = build_of(f"FROM debian:12.5\nRUN {line}\n")
    (command,) = build.commands(build.stages[0])
    return prompt(command) is not None


@pytest.mark.parametrize("options", OPTIONS.replace("\n", "|").split("|"))
def test_options(options: str, apt: dict[str, str]) -> None:
    line = f"apt-get install {options} mlgate-a"
    assert predicted(line) is asks(line, apt)


@pytest.mark.parametrize(
    "line",
    [
        "apt-get -y install mlgate-a",
        "apt-get install mlgate-a -y",
        "apt-get -qq install mlgate-a",
        "apt -qq install mlgate-a",
        "apt install -y mlgate-a",
        "apt install mlgate-a",
        "apt-get satisfy mlgate-a",
        "apt-get install",
        "apt-get update",
    ],
)
def test_places(line: str, apt: dict[str, str]) -> None:
    assert predicted(line) is asks(line, apt)
