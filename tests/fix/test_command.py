"""``mlgate fix`` as users run it: what is written, what is only shown, and what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gate.commands.fix import unified
from tests.cli import Mlgate
from tests.images.support import configuration, docker_archive, layer

BAD = "FROM debian:12.5\nRUN apt-get update && apt-get install curl\nRUN pip install x==1\nRUN sudo true\n"
GOOD = "FROM debian:12.5\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\nRUN pip install --no-cache-dir x==1\nRUN true\n"
ENTRY = 'FROM python:3.12\nCOPY --chmod=755 e.sh /e.sh\nENTRYPOINT ["/e.sh"]\nUSER 1000\n'


def test_safe_fixes_are_written_and_told(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    ran = mlgate("fix", "Dockerfile")
    assert (ran.code, (mlgate.folder / "Dockerfile").read_text()) == (0, GOOD)
    assert ran.out.splitlines() == [
        "Dockerfile:2:5: PKG004 apt-lists-kept: remove the lists",
        "Dockerfile:2:23: PKG001 missing-assume-yes: add -y",
        "Dockerfile:3:5: PKG003 pip-cache-kept: add --no-cache-dir",
        "Dockerfile:4:5: SEC007 sudo: remove sudo",
    ]
    assert ran.last == "mlgate: exit 0: fixed 4 findings in 1 file; 4 left, 2 of them fixable with --unsafe"
    again = mlgate("fix")
    assert (again.code, again.out) == (0, "") and "nothing to fix" in again.last
    assert (mlgate.folder / "Dockerfile").read_text() == GOOD


def test_the_rest_takes_a_word_of_its_own(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\nRUN apt-get install -y curl\n")
    assert "1 of them fixable with --unsafe" in mlgate("fix").last
    ran = mlgate("fix", "--unsafe", "-q")
    assert (ran.code, ran.out) == (0, "")
    assert "install -y --no-install-recommends curl" in (mlgate.folder / "Dockerfile").read_text()


def test_a_diff_writes_nothing_and_can_be_applied(mlgate: Mlgate) -> None:
    for ends, name in (("\n", "Dockerfile"), ("\r\n", "crlf.Dockerfile")):
        mlgate.write(name, BAD.replace("\n", ends).rstrip())
    ran = mlgate("fix", "--diff")
    assert ran.code == 1 and ran.last.startswith("mlgate: exit 1: would fix 8 findings in 2 files")
    assert "\\ No newline at end of file" in ran.out
    assert (mlgate.folder / "Dockerfile").read_text() == BAD.rstrip()
    if shutil.which("patch"):
        subprocess.run(["patch", "-p0", "--binary"], cwd=mlgate.folder, input=ran.out.encode(), check=True, timeout=30)
        assert (mlgate.folder / "Dockerfile").read_text() == GOOD.rstrip()
        assert (mlgate.folder / "crlf.Dockerfile").read_bytes() == GOOD.rstrip().replace("\n", "\r\n").encode()
        assert (mlgate("fix", "--diff").code, mlgate("fix", "--diff").out) == (0, "")


def test_bytes_mode_and_line_ends_stay(mlgate: Mlgate) -> None:
    text = b"\xef\xbb\xbfFROM debian:12.5\r\n# caf\xe9 \xc3\xa9\r\nRUN apt-get install \\\r\n  curl\r\n"
    path = mlgate.write("Dockerfile", text)
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 1234, 1235)
    owner = path.stat().st_uid, path.stat().st_gid
    assert mlgate("fix").code == 0
    assert (path.stat().st_uid, path.stat().st_gid) == owner
    assert path.read_bytes() == text.replace(b"install \\", b"install -y \\")
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(mlgate.folder) == ["Dockerfile"]


def test_standard_input_goes_to_standard_output(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, wanted in ((BAD, GOOD), (GOOD, GOOD)):
        path = mlgate.write("in.txt", text)
        with path.open() as stdin:
            monkeypatch.setattr("sys.stdin", stdin)
            ran = mlgate("fix", "-")
        assert (ran.code, ran.out) == (0, wanted)


def test_what_is_accepted_is_not_fixed(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\n# mlgate: ignore[PKG001] the base answers\n" + BAD[17:])
    mlgate.write("mlgate.yaml", "waivers:\n  - {rule: PKG003, reason: wanted}\nignore: [SEC007, PKG004]\n")
    assert mlgate("fix", "--diff").code == 0
    (mlgate.folder / "mlgate.yaml").unlink()
    assert mlgate("baseline", "write", "--engine", "hadolint=off", "--engine", "grype=off").code == 0
    assert mlgate("fix", "--diff", "--baseline", "mlgate-baseline.json").code == 0
    assert mlgate("fix", "--diff", "--select", "SEC007").out.count("\n-RUN") == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FROM debian:12.5\nRUN apt-get install curl\nFORM x\n", "the builder refuses line 3: unknown instruction"),
        ("", "the builder refuses line 1"),
    ],
)
def test_what_the_builder_refuses_is_left_alone(mlgate: Mlgate, text: str, why: str) -> None:
    path = mlgate.write("Dockerfile", text)
    mlgate.write("other/Dockerfile", BAD)
    ran = mlgate("fix", ".", "absent")
    assert ran.code == 3 and why in ran.err and "absent: no such file" in ran.err
    assert path.read_text() == text and (mlgate.folder / "other/Dockerfile").read_text() == GOOD


def test_wrong_use(mlgate: Mlgate) -> None:
    assert mlgate("fix", "--select", "PKG01").code == 2
    assert mlgate("fix", "--nope").code == 2
    assert mlgate("fix", "empty").code == 3


def test_a_file_of_the_context_is_mended_too(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", ENTRY)
    path = mlgate.write("e.sh", "#!/bin/sh\r\nset -e\r\npython /app.py\r\n")
    path.chmod(0o755)
    ran = mlgate("fix", "--select", "ENT")
    assert (ran.code, path.read_bytes()) == (0, b"#!/bin/sh\nset -e\npython /app.py\n")
    assert mlgate("fix", "--select", "ENT", "--unsafe").code == 0
    assert path.read_bytes() == b"#!/bin/sh\nset -e\nexec python /app.py\n"
    assert path.stat().st_mode & 0o777 == 0o755


def test_a_file_that_two_dockerfiles_share_is_mended_once(mlgate: Mlgate) -> None:
    for name in ("Dockerfile", "b.Dockerfile"):
        mlgate.write(name, "FROM python:3.12\nCOPY r.txt .\nRUN pip install --no-cache-dir -r r.txt\n")
    path = mlgate.write("r.txt", "numpy==1.26.4\nsklearn\n")
    ran = mlgate("fix", "--unsafe", "--select", "PKG005")
    assert ran.out == "r.txt:2:1: PKG005 wrong-package-name: ask for scikit-learn (unsafe)\n"
    assert path.read_text() == "numpy==1.26.4\nscikit-learn\n"


def test_a_file_that_is_not_executable_is_copied_so(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", ENTRY.replace("--chmod=755 ", ""))
    mlgate.write("e.sh", "#!/bin/sh\nexec python /app.py\n")
    assert mlgate("fix", "--select", "ENT").code == 0
    assert (mlgate.folder / "Dockerfile").read_text() == ENTRY


def test_nothing_outside_is_written(mlgate: Mlgate, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "Dockerfile"
    outside.write_text(BAD)
    link = mlgate.folder / "sub" / "Dockerfile"
    link.parent.mkdir()
    link.symlink_to(outside)
    ran = mlgate("fix", "sub")
    assert (ran.code, outside.read_text()) == (3, BAD) and "is a link out of the folder" in ran.err
    assert mlgate("fix", "sub/Dockerfile").code == 0
    assert outside.read_text() == GOOD and link.is_symlink()

    script = outside.with_name("e.sh")
    script.write_bytes(b"#!/bin/sh\r\n")
    mlgate.write("c/Dockerfile", ENTRY)
    (mlgate.folder / "c" / "scripts").symlink_to(outside.parent)
    (mlgate.folder / "c" / "e.sh").symlink_to(script)
    mlgate("fix", "c", "--unsafe")
    assert script.read_bytes() == b"#!/bin/sh\r\n"


def test_a_file_that_cannot_be_written_is_a_failure(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mlgate.write("Dockerfile", BAD)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    ran = mlgate("fix")
    assert ran.code == 3 and "cannot be written: No space left on device" in ran.err
    assert path.read_text() == BAD and os.listdir(mlgate.folder) == ["Dockerfile"]


def test_check_counts_what_can_be_fixed(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    assert "      fixable:  4 with mlgate fix, 2 more with --unsafe\n" in mlgate.check().out
    [fix] = [finding["fix"] for finding in mlgate.findings("--select", "PKG001")]
    place = {"path": "Dockerfile", "line": 2, "column": 38, "end_line": 2, "end_column": 38}
    assert fix == {"title": "add -y", "safe": True, "edits": [{**place, "text": " -y"}]}
    assert mlgate.findings("--select", "PKG001") == mlgate.findings("--select", "PKG001"), "also when it is remembered"
    assert mlgate.findings("--select", "PIN005")[0]["fix"] is None


def test_sarif_has_the_edits_only_in_full(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\nRUN echo '😀' && apt-get install curl\n")
    [run] = mlgate.check("--select", "PKG001", "--format", "sarif", "--sarif-full").json["runs"]
    [change] = run["results"][0]["fixes"][0]["artifactChanges"]
    [replacement] = change["replacements"]
    region = {"startLine": 2, "startColumn": 33, "endLine": 2, "endColumn": 33}
    assert replacement == {"deletedRegion": region, "insertedContent": {"text": " -y"}}
    [run] = mlgate.check("--select", "PKG001", "--format", "sarif").json["runs"]
    assert "fixes" not in run["results"][0]


def test_a_scanned_image_has_no_dockerfile_to_mend(mlgate: Mlgate) -> None:
    layers = [layer({"bin/run": "#!/bin/sh\n"})]
    values = {"Entrypoint": ["/bin/sh", "-c", "run x"], "Cmd": ["serve"], "Labels": {"org.label-schema.version": "1"}}
    docker_archive(mlgate.folder / "image.tar", layers, configuration(layers, config=values))
    ran = mlgate("scan", "docker-archive:image.tar", "--engine", "grype=off", "--format", "json")
    found = {finding["rule_id"]: finding["fix"] for finding in ran.json["findings"]}
    assert {"ENT002", "LBL003"} <= found.keys() and set(found.values()) == {None}


def test_html_shows_the_lines(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    assert (
        '<span class="plus">+ RUN apt-get update &amp;&amp; apt-get install -y curl'
        in mlgate.check("--format", "html").out
    )


def test_no_secret_is_repeated(mlgate: Mlgate) -> None:
    """The message of ENT003 quotes the CMD, and its fix writes it anew."""
    token = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
    mlgate.write("Dockerfile", f'FROM debian:12.5\nENTRYPOINT ["x"]\nCMD serve --token {token}\n')
    for form in ("text", "json", "html", "sarif"):
        out = mlgate.check("--select", "ENT003,SEC001", "--format", form, "--sarif-full").out
        assert "ENT003" in out and token not in out
    assert f'CMD ["serve", "--token", "{token}"]' in mlgate("fix", "--diff").out


def test_a_long_file_is_compared_in_time(tmp_path: Path) -> None:
    before = b"RUN a\nRUN b\n" * 20_000
    after = before.replace(b"RUN a", b"RUN x", 1)[:-6] + b"RUN y"
    lines = list(unified("Dockerfile", before, after))
    assert lines[2].startswith(b"@@ -1,") and lines[3] == b"-RUN a\n" and lines[-1] == b"\\ No newline at end of file\n"
