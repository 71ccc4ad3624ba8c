"""Does every engine really answer? Each test asks one a question whose answer only the real one gives."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import engine_required
from tests.engines import cache
from tests.engines.__main__ import main
from tests.engines.bases import busybox_base
from tests.engines.buildkit import BuildKit
from tests.engines.chromium import OPTIONS
from tests.engines.docker_engine import DockerEngine
from tests.engines.grype import grype_db as make_grype_db
from tests.engines.grype import grype_environment
from tests.engines.registry import Registry


def write(folder: Path, dockerfile: str, **files: str) -> Path:
    """A build context: the Dockerfile and files with these contents."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


# ---- BuildKit


def test_buildkit_gives_configuration_and_files(buildkit: BuildKit, tmp_path: Path) -> None:
    dockerfile = """\
FROM scratch AS base
ARG VERSION=0
ENV VERSION=$VERSION
COPY --chown=5:6 --chmod=4750 train /opt/program/
FROM base AS final
COPY <<END /opt/config
hello $VERSION
END
WORKDIR /opt
ENTRYPOINT ["train"]
FROM scratch
"""
    context = write(tmp_path, dockerfile, train="#!/bin/sh\n")
    result = buildkit.build(context, target="final", build_args={"VERSION": "7"})
    assert result.ok, result.error_text
    assert result.config["Entrypoint"] == ["train"]
    assert result.config["WorkingDir"] == "/opt"
    assert "VERSION=7" in result.config["Env"]
    train = result.files["/opt/program/train"]
    assert (train.type, train.mode, train.uid, train.gid, train.size, train.layer) == ("file", "4750", 5, 6, 10, 0)
    assert result.files["/opt/config"].size == len("hello 7\n")
    assert set(result.files) == {"/opt", "/opt/program", "/opt/program/train", "/opt/config"}


def test_buildkit_says_why_and_where_it_refuses(buildkit: BuildKit, tmp_path: Path) -> None:
    result = buildkit.build(write(tmp_path, "FROM scratch\nCOPY absent /x\n"))
    assert not result.ok
    assert '"/absent": not found' in result.error_text
    assert result.error_lines == [2]
    unknown = buildkit.build(write(tmp_path, "FROM scratch\nCOPPY a /x\n"))
    assert "unknown instruction: COPPY" in unknown.error_text


def test_buildkit_lints(buildkit: BuildKit, tmp_path: Path) -> None:
    result = buildkit.build(write(tmp_path, "FROM scratch\nCOPY a /x\nENTRYPOINT train\n", a=""))
    assert [(warning.text.partition(":")[0], warning.line) for warning in result.warnings] == [
        ("JSONArgsRecommended", 3)
    ]


def test_buildkit_reads_a_context_afresh_although_size_and_time_are_equal(buildkit: BuildKit, tmp_path: Path) -> None:
    digests = set()
    for text in ("one", "two"):
        context = write(tmp_path, "FROM scratch\nCOPY a /\n", a=text)
        for path in (context / "a", context / "Dockerfile"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
        digests.add(buildkit.build(context).files["/a"].sha256)
    assert len(digests) == 2


def test_buildkit_builds_side_by_side(buildkit: BuildKit, tmp_path: Path) -> None:
    contexts = [write(tmp_path / str(n), "FROM scratch\nCOPY a /\n", a="x" * n) for n in range(12)]
    results = [future.result() for future in [buildkit.submit(context) for context in contexts]]
    assert [result.files["/a"].size for result in results] == list(range(12))


# ---- registry, BuildKit with RUN, Docker Engine


def test_whiteouts_are_applied_as_the_engine_applies_them(
    buildkit: BuildKit, docker_engine: DockerEngine, registry: Registry, tmp_path: Path
) -> None:
    base = registry.push_tar("busybox:1", busybox_base())
    dockerfile = f"""\
FROM {base}
RUN mkdir -p /d/e /f/g && echo 1 > /d/e/x && echo 2 > /f/g/y && ln -s x /d/e/l && ln /d/e/x /d/hard
RUN rm -r /d/e && mkdir /d/e && echo 3 > /d/e/z && rm -r /f && echo 4 > /f && echo said
"""
    archive = tmp_path / "image.tar"
    result = buildkit.build(write(tmp_path / "context", dockerfile), archive=archive, name="mlgate-test/whiteouts:1")
    assert result.ok, result.error_text
    assert "said" in result.log
    docker_engine.run("load", "-i", archive, check=True)
    listing = "find /d /f -exec stat -c '%n %a %u %s' {} +"
    seen = docker_engine.run("run", "--rm", "mlgate-test/whiteouts:1", "sh", "-c", listing, check=True).stdout
    ours = {
        f"{path} {file.mode.lstrip('0')} {file.uid}": file
        for path, file in result.files.items()
        if path.startswith(("/d", "/f")) and not path.startswith("/dev")
    }
    assert {line.rpartition(" ")[0] for line in seen.splitlines()} == set(ours)
    assert {f"{key} {file.size}" for key, file in ours.items() if file.type == "file"} <= set(seen.splitlines())


def test_engine_says_that_a_program_is_absent(docker_engine: DockerEngine) -> None:
    done = docker_engine.run("run", "--rm", docker_engine.busybox(), "train")
    assert done.returncode == 127
    assert 'exec: "train": executable file not found in $PATH' in done.stderr


def test_engine_publishes_a_port_on_the_loopback_address(docker_engine: DockerEngine) -> None:
    started = docker_engine.run(
        "run", "-d", "--rm", "-p", "127.0.0.1::8080", docker_engine.busybox(), "httpd", "-f", "-p", "8080", "-h", "/etc"
    )
    container = started.stdout.strip()
    try:
        address = docker_engine.run("port", container, "8080", check=True).stdout.strip()
        assert fetch(f"http://{address}/group").startswith(b"root:")
    finally:
        docker_engine.run("rm", "-f", container)


def fetch(address: str) -> bytes:
    """What the server says, once it is up."""
    for _ in range(50):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


def test_engine_answers_the_python_client(docker_engine: DockerEngine) -> None:
    client = docker_engine.client()
    try:
        assert client.containers.run(docker_engine.busybox(), ["id", "-u"], user="app", remove=True) == b"1000\n"
    finally:
        client.close()


# ---- grype


def scan(grype: Path, db: Path, target: str, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, report ({} when there is none) and standard error."""
    done = subprocess.run(
        [grype, target, "-o", "json", *options], env=grype_environment(db), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


@pytest.mark.parametrize(
    ("target", "expected", "exit_code"),
    [
        ("pkg:pypi/numpy@1.16.2", {"GHSA-9fq2-x9r6-wfmf": "Critical"}, 2),
        ("pkg:pypi/numpy@1.16.3", {}, 0),
        ("pkg:pypi/PyYAML@5.3", {"GHSA-8q59-q68h-6hv4": "Critical", "GHSA-6757-jp84-gxfx": "Critical"}, 2),
        ("pkg:pypi/pillow@9.5.0", {"GHSA-j7hp-h8jx-5ppr": "High"}, 2),
        ("pkg:pypi/flask@2.3.1", {"GHSA-m2qf-hxjv-5gpq": "High", "GHSA-68rp-wp8r-4726": "Low"}, 2),
        ("pkg:pypi/torch@1.9.0+cu111", {"GHSA-53q9-r3pm-6pq6": "Critical", "GHSA-47fc-vmwq-366v": "Critical"}, 2),
        ("pkg:pypi/tensorflow-gpu@2.4.1", {"GHSA-r6jx-9g48-2r5r": "Critical"}, 2),
        ("pkg:pypi/mlgate-fixture-nofix@1.0.0", {"GHSA-mlga-te00-nofx": "High"}, 2),
        ("pkg:pypi/mlgate.fixture_unknown@1.0", {"GHSA-mlga-te00-unkn": "Unknown"}, 0),
        ("pkg:pypi/mlgate-fixture-withdrawn@1.0", {}, 0),
        ("pkg:pypi/mlgate-fixture-twin@1", {"GHSA-mlga-te01-twin": "High", "GHSA-mlga-te02-twin": "Medium"}, 2),
        ("pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12&upstream=openssl", {"CVE-2024-0727": "Medium"}, 0),
        ("pkg:deb/debian/openssl@1.1.1k-1?distro=debian-10", {"CVE-2099-1002": "Low"}, 0),
        ("pkg:deb/debian/mount@2.38.1-5?distro=debian-12&upstream=util-linux", {"CVE-2024-28085": "Unknown"}, 0),
        # Where source and binary versions differ, an upstream without its version compares the wrong one.
        ("pkg:deb/debian/bsdutils@1:2.38.1-5?distro=debian-12&upstream=util-linux", {}, 0),
        (
            "pkg:deb/debian/bsdutils@1:2.38.1-5?distro=debian-12&upstream=util-linux%402.38.1-5",
            {"CVE-2024-28085": "Unknown"},
            0,
        ),
        ("pkg:deb/ubuntu/libc6@2.35-0ubuntu3?distro=ubuntu-22.04&upstream=glibc", {"CVE-2023-4911": "High"}, 2),
        ("pkg:deb/debian/zlib1g@1:1.2.13?distro=debian-12&upstream=zlib", {}, 0),
        ("pkg:apk/alpine/openssl@3.1.3-r0?distro=alpine-3.18", {"CVE-2023-5363": "High"}, 2),
    ],
)
def test_grype_matches(grype: Path, grype_db: Path, target: str, expected: dict[str, str], exit_code: int) -> None:
    code, report, said = scan(grype, grype_db, target, "--fail-on", "high")
    found = {m["vulnerability"]["id"]: m["vulnerability"]["severity"] for m in report["matches"]}
    assert (found, code) == (expected, exit_code), said


def test_grype_reports_scores_fixes_and_end_of_life(grype: Path, grype_db: Path) -> None:
    _, report, _ = scan(grype, grype_db, "pkg:pypi/pillow@9.5.0")
    match = report["matches"][0]
    assert match["vulnerability"]["knownExploited"][0]["cve"] == "CVE-2023-4863"
    assert match["vulnerability"]["epss"][0]["epss"] == 0.94
    assert match["vulnerability"]["fix"] == {"versions": ["10.0.1"], "state": "fixed"}
    assert match["vulnerability"]["risk"] > 80
    _, report, _ = scan(grype, grype_db, "pkg:deb/debian/openssl@1.1.1k-1?distro=debian-10")
    assert report["alertsByPackage"][0]["alerts"][0]["type"] == "distro-eol"


def test_grype_leaves_out_what_has_no_fix_when_asked(grype: Path, grype_db: Path) -> None:
    code, report, _ = scan(grype, grype_db, "pkg:pypi/mlgate-fixture-nofix@1", "--only-fixed", "--fail-on", "high")
    assert (code, report["matches"]) == (0, [])
    assert report["ignoredMatches"][0]["vulnerability"]["id"] == "GHSA-mlga-te00-nofx"


def test_grype_refuses_an_old_database(grype: Path, tmp_path: Path) -> None:
    with engine_required():
        old = make_grype_db(tmp_path, built=datetime.now(timezone.utc) - timedelta(days=10))
    code, report, said = scan(grype, old, "pkg:pypi/numpy@1.16.2")
    assert (code, report) == (1, {})
    assert "the vulnerability database was built 1 week ago" in said


# ---- hadolint, chromium


def test_hadolint_lints(hadolint: Path) -> None:
    done = subprocess.run(
        [hadolint, "--no-color", "-f", "json", "-"], input="FROM debian\n", capture_output=True, text=True, timeout=60
    )
    assert [(row["code"], row["line"]) for row in json.loads(done.stdout)] == [("DL3006", 1)]


def test_chromium_runs_a_page(chromium: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p id=p></p><script>p.textContent = 6 * 7</script>")
    command = [chromium, *OPTIONS, f"--user-data-dir={tmp_path}/profile", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert '<p id="p">42</p>' in done.stdout, done.stderr


# ---- the cache itself


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLGATE_TEST_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_callers_that_start_together_install_once(empty_cache: Path) -> None:
    installs = []

    def install(folder: Path) -> None:
        installs.append(folder)
        time.sleep(0.2)
        (folder / "program").touch()

    callers = [threading.Thread(target=cache.installed, args=("engine-1", install)) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(installs) == 1
    assert (empty_cache / "engine-1" / "program").is_file()


def test_a_failed_install_leaves_nothing_and_is_tried_again(empty_cache: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        cache.run("sh", "-c", "echo no network; exit 7")

    with pytest.raises(cache.EngineMissing, match=r"(?s)ended with 7.*no network"):
        cache.installed("engine-1", fail)
    assert [path.name for path in empty_cache.iterdir()] == ["engine-1.lock"]
    assert cache.installed("engine-1", lambda folder: None) == empty_cache / "engine-1"


def test_a_missing_engine_skips_here_and_fails_in_continuous_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting, outcome in ((None, pytest.skip.Exception), ("true", pytest.fail.Exception)):
        monkeypatch.delenv("CI", raising=False)
        if setting:
            monkeypatch.setenv("CI", setting)
        with pytest.raises(outcome, match="no such engine"), engine_required():
            raise cache.EngineMissing("no such engine")


def test_install_command_reports_what_it_found(hadolint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "hadolint"]) == 0
    assert str(hadolint) in capsys.readouterr().out
    assert main(["install", "no-such-engine"]) == 2
