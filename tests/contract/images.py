"""Small images that keep a platform's contract, or break it in one way: busybox and a few lines of shell."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.engines.bases import busybox_base
from tests.engines.docker_engine import NAMESPACE, DockerEngine

PATH = "ENV PATH=/opt/program:/usr/bin:/bin"

TRAIN = r"""#!/bin/sh
fail() { echo "$1" >&2; echo "$1" > /opt/ml/output/failure; exit 255; }
config=/opt/ml/input/config
test "$(hostname)" = algo-1 || fail "this is $(hostname)"
grep -q '"current_host": "algo-1"' $config/resourceconfig.json || fail "which machine is this?"
grep -q '"training"' $config/inputdataconfig.json || fail "no channel"
test -f $config/hyperparameters.json || fail "there is no hyperparameters.json"
cat $config/hyperparameters.json
cat /opt/ml/input/data/training/*.csv | wc -l > /opt/ml/model/model.txt || fail "the model is not saved"
"""

SERVE = """#!/bin/sh
nc -ll -p ${SAGEMAKER_BIND_TO_PORT:-${PORT:-${AIP_HTTP_PORT:-8080}}} -e /opt/program/answer &
trap 'kill $!; exit 0' TERM
wait
"""

ANSWER = r"""#!/bin/sh
say() { printf 'HTTP/1.1 %s x\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' "$1" "${#2}" "$2"; exit; }
read -r method path version
length=0
while read -r name value; do
  value=${value%?}
  case $name in
  [Cc]ontent-[Ll]ength:) length=$value ;;
  [Cc]ontent-[Tt]ype:) type=$value ;;
  ?) break ;;
  esac
done
body=$(head -c $length | tr -d '\000')
. /opt/program/routes
say 404 "no such route"
"""

ROUTES = """
case "$method $path" in
"GET /ping") test -s /opt/ml/model/model.txt || say 500 "no model"; say 200 "" ;;
"POST /invocations")
  case $type in text/csv*) ;; *) say 415 "send text/csv" ;; esac
  case $body in [0-9]*) say 200 "1" ;; *) say 400 "send numbers" ;; esac ;;
esac
"""

BYOC = {"train": TRAIN, "serve": SERVE, "answer": ANSWER, "routes": ROUTES}
"""An image that trains and serves, as SageMaker has it: ``docker run IMAGE train``, ``docker run IMAGE serve``."""


_MADE: dict[tuple[str, str], object] = {}


def image(engine: DockerEngine, name: str, programs: Mapping[str, str], *settings: str) -> str:
    """Import an image once: these programs in /opt/program, which is on PATH, and Dockerfile instructions for its
    configuration."""
    reference = f"{NAMESPACE}/contract-{name}:1"
    made = dict(programs), settings
    if _MADE.setdefault((engine.host, name), made) is not made:
        assert _MADE[engine.host, name] == made, f"two images are called {name}"
        return reference
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(shutil.copy(busybox_base(), folder))
        with tarfile.open(archive, "a") as tar:
            for program, text in programs.items():
                entry = tarfile.TarInfo(f"opt/program/{program}")
                entry.mode, entry.size = 0o755, len(text.encode())
                tar.addfile(entry, io.BytesIO(text.encode()))
        changes = [word for setting in (PATH, *settings) for word in ("-c", setting)]
        engine.run("import", *changes, archive, reference, check=True)
    return reference
