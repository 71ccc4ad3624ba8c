"""The package: every folder is listed, and the wheel runs from an empty environment."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAPPED = {"gate": "gate", "rules": "gate.rules", "policies": "gate.policies", "reports": "gate.reports"}


def pyproject() -> dict[str, dict[str, object]]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def folders() -> Iterator[str]:
    """The packages that the tree has."""
    for top, name in MAPPED.items():
        for path in (ROOT / top).rglob("__init__.py"):
            inner = path.parent.relative_to(ROOT / top).parts
            yield ".".join((name, *inner))


def test_every_folder_is_listed() -> None:
    listed = pyproject()["tool"]["setuptools"]["packages"]  # type: ignore[index]
    assert sorted(listed) == sorted(folders())


def test_every_folder_with_modules_is_a_package() -> None:
    modules = {path.parent for top in MAPPED for path in (ROOT / top).rglob("*.py")}
    assert {folder for folder in modules if not (folder / "__init__.py").exists()} == set()


def test_every_import_is_a_declared_dependency() -> None:
    declared = {
        re.split(r"[<>=;\[ ]", text)[0].replace("-", "_")
        for text in pyproject()["project"]["dependencies"]  # type: ignore[union-attr]
    }
    declared = {{"pyyaml": "yaml"}.get(name, name) for name in declared}
    used = set()
    for top in MAPPED:
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    used |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    used.add(node.module.partition(".")[0])
    assert used - set(sys.stdlib_module_names) - {"gate", "tomllib"} <= declared


def test_gate_imports_no_rule_and_no_report_by_name() -> None:
    for path in (ROOT / "gate").rglob("*.py"):
        text = path.read_text()
        for line in text.splitlines():
            assert not line.lstrip().startswith(("from gate.rules", "import gate.rules", "from gate.reports")), path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of an empty environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("packaging")
    source = folder / "source"
    source.mkdir()
    for name in (*MAPPED, "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", folder, source], check=True, timeout=300)
    [wheel] = folder.glob("mlgate-*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", wheel], check=True, timeout=600)
    return folder / "venv" / "bin" / "mlgate"


def run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["MLGATE_CACHE_DIR"] = str(cwd / "cache")
    return subprocess.run(
        [program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_wheel_judges_from_another_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12.5\nRUN apt-get install curl\n")
    ran = run(installed, "check", "--format", "json", "--engine", "grype=off", "--policy", "strict", cwd=tmp_path)
    assert ran.returncode == 1, ran.stderr
    document = json.loads(ran.stdout)
    assert "PKG001" in {finding["rule_id"] for finding in document["findings"]}
    status = {engine["name"]: engine["status"] for engine in document["engines"]}
    assert (status["hadolint"], status["mlgate"]) == ("ok", "ok"), "the wheel brings hadolint"


def test_the_wheel_has_every_rule_and_report(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(run(installed, "rules", "--format", "json", cwd=tmp_path).stdout)
    modules = [path for path in (ROOT / "rules").rglob("*.py") if not path.name.startswith("_")]
    assert len(listed) == len(modules)
    formats = run(installed, "check", "--format", "?", cwd=tmp_path).stderr
    assert all(path.stem in formats for path in (ROOT / "reports").glob("*.py") if not path.name.startswith("_"))


def test_only_one_name_is_installed(installed: Path) -> None:
    [site] = (installed.parent.parent / "lib").glob("python*/site-packages")
    assert {name for name in ("rules", "policies", "reports", "tests") if (site / name).exists()} == set()
    assert (site / "gate" / "rules").is_dir()
