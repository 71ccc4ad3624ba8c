"""The documentation says what the program says."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate import catalogue
from tests.cli import Mlgate
from tests.docs import PAGES, ROOT


@pytest.mark.parametrize("name", PAGES)
def test_page_is_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run: make docs"


def test_the_readme_names_every_exit_code(mlgate: Mlgate) -> None:
    readme, shown = (ROOT / "README.md").read_text(), mlgate("check", "--help").out
    for code in ("0", "1", "2", "3", "130"):
        assert f"| {code} | " in readme
        assert f"\n  {code:<5}" in shown.replace("    " + code, "  " + code)


def test_the_policy_of_the_readme_is_sound(mlgate: Mlgate) -> None:
    text = (ROOT / "README.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    mlgate.write("mlgate.yaml", text)
    mlgate.write("Dockerfile", "FROM scratch\n")
    assert mlgate.check("--select", "PKG").code == 0


def test_the_contributing_rule_is_found_and_passes_its_examples(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    code = text.partition("```python\n")[2].partition("   ```")[0]
    (tmp_path / "lay009.py").write_text("\n".join(line.removeprefix("   ") for line in code.splitlines()))
    loaded = catalogue.load((str(tmp_path),))
    rule = loaded.rules["LAY009"]

    from gate.walk import Walker
    from tests.rules.support import make_build, unmark

    for example, fires in [(rule.bad[0], True), (rule.good[0], False)]:
        case, marks = unmark(example)
        found = Walker([rule]).walk(make_build(case.dockerfile, {}, (), {}, {})).findings
        assert [(f.place.path, f.place.span.line, f.place.span.column) for f in found] == marks
        assert bool(found) is fires


def test_explain(mlgate: Mlgate) -> None:
    for word in ("PKG001", "missing-assume-yes", "DL3014"):
        ran = mlgate("explain", word)
        assert ran.code == 0 and "PKG001 missing-assume-yes" in ran.out and "Why:" in ran.out
    assert mlgate("explain", "PKG01").last.endswith("there is no rule 'PKG01'; did you mean 'PKG001'?")
    assert mlgate("explain", "PKG001", "--format", "markdown").out.startswith("### PKG001 missing-assume-yes\n")


def test_rules(mlgate: Mlgate) -> None:
    import json

    listed = json.loads(mlgate("rules", "--format", "json").out)
    assert [rule["id"] for rule in listed] == list(catalogue.load().rules)
    assert {rule["id"][:3] for rule in json.loads(mlgate("rules", "GAT", "PKG", "--format", "json").out)} == {
        "GAT",
        "PKG",
    }
    table = mlgate("rules", "GAT").out.splitlines()
    assert table[0].split()[:3] == ["GAT001", "high", "syntax-error"]
    assert mlgate("rules", "NOPE").code == 2


def test_doctor(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = mlgate("doctor")
    assert ran.code == 0 and ran.out.startswith("mlgate    ok ")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{mlgate.folder}/absent.sock")
    assert "docker    MISSING  no Docker Engine answers (there is no socket of one); start one" in mlgate("doctor").out
    monkeypatch.setenv("MLGATE_HADOLINT", "/nowhere/hadolint")
    assert "hadolint  MISSING" in mlgate("doctor").out
    mlgate.write("mlgate.yaml", "engines: {hadolint: required}\n")
    assert mlgate("doctor").code == 3


def test_inspect(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", 'FROM scratch\nCOPY app /app\nENV A=1\nENTRYPOINT ["/app"]\n')
    mlgate.write("app", "x")
    document = mlgate("inspect", "Dockerfile", "--format", "json").json
    assert document["config"]["Entrypoint"] == ["/app"]
    assert [file["path"] for file in document["files"]] == ["/app"]
    text = mlgate("inspect", "Dockerfile").out
    assert "stage 0 from scratch, Dockerfile:1" in text and "/app" in text
    assert mlgate("inspect", "nope").code == 3
    mlgate.write("Dockerfile", "FROM scratch\nFORM x\n")
    assert mlgate("inspect", "Dockerfile").code == 1
