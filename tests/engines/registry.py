"""A real image registry on the loopback address, so that BuildKit and the engine can build FROM something."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engines.cache import EngineMissing, dies_with_us, go, installed, on_path, run

VERSION = "0.21.9"


def crane() -> Path:
    """The program `crane` of go-containerregistry, which is also the registry. Raises EngineMissing."""
    if named := os.environ.get("MLGATE_TEST_CRANE"):
        return Path(named)
    if found := on_path("crane"):
        return found

    def install(folder: Path) -> None:
        module = f"github.com/google/go-containerregistry/cmd/crane@v{VERSION}"
        go("install", "-ldflags=-s -w", module, env={"GOBIN": str(folder)})

    return installed(f"crane-{VERSION}", install) / "crane"


@dataclass(frozen=True)
class Registry:
    """A registry that answers plain HTTP at `address`, such as 127.0.0.1:41234."""

    address: str

    def push_tar(self, name: str, tar: Path) -> str:
        """Push a root file system as an image of one layer; return the reference to use in FROM."""
        reference = f"{self.address}/{name}"
        run(crane(), "append", "--insecure", "--new_layer", tar, "--new_tag", reference)
        run(crane(), "mutate", "--insecure", reference, "--set-platform", "linux/amd64", "--tag", reference)
        return reference


@contextmanager
def registry() -> Iterator[Registry]:
    """Start an empty registry that keeps everything in memory; stop it at the end. Raises EngineMissing."""
    command = [*dies_with_us(), str(crane()), "registry", "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = process.stderr.readline()
            if not (port := re.search(r"serving on port (\d+)", said)):
                raise EngineMissing(f"crane registry: {said}")
            yield Registry(f"127.0.0.1:{port[1]}")
        finally:
            process.terminate()
