"""The buildspec of ``mlgate init --ci codebuild``, its phases run in order against a real engine and registry."""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ci import codebuild
from tests.ci.codebuild import Build
from tests.cli import Mlgate
from tests.engines.docker_engine import DockerEngine
from tests.engines.registry import Registry

AWS = """#!/bin/sh
case "$1 $2" in
  "ecr describe-repositories") echo "$TEST_REGISTRY/$4" ;;
  "ecr get-login-password") echo "${TEST_PASSWORD-password}" ;;
  *) echo "aws: $*" >&2; exit 252 ;;
esac
"""
SOUND = """FROM mlgate-test/busybox:1
LABEL org.opencontainers.image.source="https://example.com/ml/model"
COPY train /usr/local/bin/train
USER 1000
"""
SECRET = "ENV HF_TOKEN=hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789\n"
Codebuild = Callable[..., Build]


@pytest.fixture
def build(tmp_path: Path, mlgate: Mlgate, docker_engine: DockerEngine, registry: Registry) -> Iterator[Codebuild]:
    """Runs a buildspec over a context in a folder of its own. What is only there in the cloud stands on PATH."""
    docker_engine.busybox()
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "aws").write_text(AWS)
    (programs / "pip").write_text("#!/bin/sh\necho pip $*\n")  # mlgate is installed already
    (programs / "mlgate").write_text(f'#!/bin/sh\nexec {sys.executable} -m gate "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    (programs / "docker").symlink_to(docker_engine.cli)
    environment = {
        **docker_engine.environment,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TEST_REGISTRY": registry.address,
        "DOCKER_BUILDKIT": "0",
    }

    def run(
        name: str, document: dict[str, Any] | None = None, env: dict[str, str] | None = None, **files: str
    ) -> Build:
        folder = tmp_path / "source"
        folder.mkdir()
        for path, text in {"Dockerfile": SOUND, "train": "#!/bin/sh\necho training\n", **files}.items():
            (folder / path).write_text(text)
        (folder / "train").chmod(0o755)
        if document is None:
            os.chdir(folder)
            assert mlgate("init", "--ci", "codebuild").code == 0
            document = codebuild.read(folder / "buildspec.yml")
        built.append(f"{registry.address}/{name}")
        return codebuild.run(document, folder, {**environment, "REPOSITORY": name, **(env or {})})

    built: list[str] = []
    yield run
    docker_engine.run("rmi", "--force", *built)


def pushed(registry: Registry, name: str) -> dict[str, Any] | None:
    """The manifest that the registry has under the tag; None when it has none."""
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    request = urllib.request.Request(f"http://{registry.address}/v2/{name}/manifests/latest", headers={"Accept": kind})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return {"digest": answer.headers["Docker-Content-Digest"], **json.loads(answer.read())}
    except urllib.error.HTTPError as error:
        assert error.code == 404
        return None


def test_what_passes_is_pushed(build: Codebuild, registry: Registry, tmp_path: Path) -> None:
    done = build("mlgate-test/green")
    assert done.succeeded and done.phases == dict.fromkeys(("install", "pre_build", "build"), "succeeded"), done.log
    manifest = pushed(registry, "mlgate-test/green")
    assert manifest is not None and len(manifest["layers"]) == 2
    uri = f"{registry.address}/mlgate-test/green@{manifest['digest']}"
    assert done.exported == {"IMAGE_URI": uri}
    assert f'image_uri = "{uri}"' in done.log.splitlines(), "what training and hosting calls take"
    assert "Login Succeeded" in done.log
    assert all((tmp_path / "source" / name).stat().st_size for name in ("mlgate.junit.xml", "mlgate.html"))


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("static", {"Dockerfile": SOUND + SECRET}),
        ("platform", {"train": "#!/bin/bash\r\necho training\r\n"}),
        ("build", {"Dockerfile": SOUND + "USER root\nRUN false\n"}),
    ],
)  # fmt: skip
def test_what_fails_is_not_pushed(build: Codebuild, registry: Registry, name: str, files: dict[str, str]) -> None:
    done = build(f"mlgate-test/{name}", **files)
    assert (done.phases["build"], done.exported) == ("failed", {"IMAGE_URI": ""}), done.log
    assert "image_uri" not in done.log and ("mlgate: exit 1" in done.log) == (name != "build")
    assert pushed(registry, f"mlgate-test/{name}") is None


def test_the_built_image_is_judged_before_it_is_pushed(
    build: Codebuild, registry: Registry, docker_engine: DockerEngine, tmp_path: Path
) -> None:
    """Nothing is wrong with the Dockerfile; its base, which it cannot see, brings an entrypoint that is not there."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "Dockerfile").write_text(f'FROM {docker_engine.busybox()}\nENTRYPOINT ["/absent"]\n')
    docker_engine.run("build", "-q", "-t", "mlgate-test/tainted:1", str(tmp_path / "base"))
    done = build("mlgate-test/late", Dockerfile=SOUND.replace("busybox:1", "tainted:1"))
    assert done.phases["build"] == "failed" and "Successfully tagged" in done.log, done.log
    assert "mlgate: exit 1" in done.log
    assert pushed(registry, "mlgate-test/late") is None


def test_a_push_after_the_build_is_what_goes_wrong(build: Codebuild, registry: Registry) -> None:
    """The form that generated buildspecs often have, in the same runner: the gate fails, and the image is pushed."""
    document = {
        "version": 0.2,
        "phases": {
            "build": {"commands": ['docker build -t "$TEST_REGISTRY/$REPOSITORY" .', "mlgate check ."]},
            "post_build": {"commands": ['docker push "$TEST_REGISTRY/$REPOSITORY"']},
        },
    }
    done = build("mlgate-test/late-push", document, Dockerfile=SOUND + SECRET)
    assert done.phases == {"build": "failed", "post_build": "succeeded"}, done.log
    assert pushed(registry, "mlgate-test/late-push") is not None
