"""Which files a search takes, and which it leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.discover import collect, looks_like_dockerfile
from gate.repository import git_root


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git_root.cache_clear()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(*names: str, text: str = "") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def found(*paths: str) -> list[str]:
    return [given.path for given in collect(paths).inputs]


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile", "dockerfile", "Dockerfile.gpu", "Dockerfile-gpu", "Dockerfile_gpu", "gpu.Dockerfile", "DOCKERFILE",
        "gpu.dockerfile", "Containerfile", "Containerfile.x", "dev.Containerfile", "Dockerfile.", "a.b.Dockerfile",
    ],
)  # fmt: skip
def test_names_of_dockerfiles(name: str) -> None:
    assert looks_like_dockerfile(name)


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile.md", "Dockerfile.py", "Dockerfile.dockerignore", "Dockerfile.gpu.j2", "Dockerfile.yaml", "README.md",
        "MyDockerfile", "Dockerfiles", "Dockerfile2", "dockerfile.yml", "docker-compose.yml", ".dockerignore", "",
    ],
)  # fmt: skip
def test_names_of_others(name: str) -> None:
    assert not looks_like_dockerfile(name)


def test_folders_are_searched_and_files_taken_as_given() -> None:
    put("Dockerfile", "b/x.Dockerfile", "a/b/c/Containerfile", "a/README.md", "odd")
    assert found(".") == ["Dockerfile", "a/b/c/Containerfile", "b/x.Dockerfile"]
    assert found("odd", "a") == ["odd", "a/b/c/Containerfile"]


def test_each_file_once() -> None:
    put("a/Dockerfile")
    assert found("a/Dockerfile", ".", "./a", "a/../a/Dockerfile") == ["a/Dockerfile"]


def test_what_a_search_leaves_out() -> None:
    put(".git/Dockerfile", "node_modules/x/Dockerfile", ".venv/Dockerfile", ".devcontainer/Dockerfile")
    assert found(".") == [".devcontainer/Dockerfile"]
    assert found(".git/Dockerfile", "node_modules") == [".git/Dockerfile", "node_modules/x/Dockerfile"]


def test_what_git_ignores() -> None:
    put(".git/HEAD", "a/Dockerfile", "build/Dockerfile", "x/build/Dockerfile", "c/keep.Dockerfile", "c/no.Dockerfile")
    put("d/e/Dockerfile", "d/f/Dockerfile", "g/Dockerfile", "h/Dockerfile")
    put(".gitignore", text="build/\n/c/*\n!/c/keep.Dockerfile\n# h/\n")
    put("d/.gitignore", text="/e\n")
    put(".git/info/exclude", text="g/\n")
    assert found(".") == ["a/Dockerfile", "c/keep.Dockerfile", "d/f/Dockerfile", "h/Dockerfile"]
    assert found("build/Dockerfile") == ["build/Dockerfile"], "what is named is taken"


def test_ignore_files_above_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    put(".git/HEAD", "a/build/Dockerfile", "a/Dockerfile")
    put(".gitignore", text="build/\n")
    assert found("a") == ["a/Dockerfile"]
    monkeypatch.chdir("a")
    assert found(".") == ["Dockerfile"]


def test_an_inner_ignore_file_wins() -> None:
    put("a/b/Dockerfile", "a/c/Dockerfile")
    put(".gitignore", text="Dockerfile\n")
    put("a/.gitignore", text="!c/Dockerfile\n")
    assert found(".") == ["a/c/Dockerfile"]


def test_a_broken_ignore_file_ignores_nothing() -> None:
    put("Dockerfile")
    Path(".gitignore").write_bytes(b"\xff\x00[\n\\\n!\n")
    assert found(".") == ["Dockerfile"]


def test_standard_input() -> None:
    assert [(g.path, g.folder, g.data) for g in collect(["-"], stdin=b"x").inputs] == [("-", None, b"x")]
    named = collect(["-"], stdin=b"x", stdin_filename="a/b.Dockerfile").inputs
    assert [(g.path, g.folder) for g in named] == [("a/b.Dockerfile", "a")]
    assert [failure.reason for failure in collect(["-"]).failures] == ["standard input is closed"]
