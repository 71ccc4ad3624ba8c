"""What the rules about SageMaker's HTTP contract share."""

from __future__ import annotations

from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.tree import Instruction, Pair, Pairs
from gate.platforms.image import launch_image
from gate.rule import Results, Rule
from gate.servers.model import Serving
from gate.servers.serving import serving
from gate.servers.verdicts import SETTLE, asked

HOSTING = "sagemaker-hosting"
PORT = 8080
PYTHON = 'FROM python:3.12\nWORKDIR /app\nCOPY app.py .\nENTRYPOINT ["python", "app.py"]\n'
"""An image whose own script serves."""
ROUTES = (
    'from flask import Flask\napp = Flask(__name__)\n@app.get("/ping")\ndef ping():\n    return ""\n'
    '@app.post("/invocations")\ndef invocations():\n    return "{}"\n'
)
RUN = 'if __name__ == "__main__":\n    app.run(host="0.0.0.0", port=8080)\n'
BYOC = (
    "FROM python:3.12\nRUN apt-get update && apt-get install -y nginx && pip install flask==3.1.0 gunicorn==23.0.0\n"
    "ENV PATH=/opt/program:$PATH\nCOPY program /opt/program\nWORKDIR /opt/program\n"
)
"""nginx in front of gunicorn, both started by a Python script called ``serve``."""
SERVE = """#!/usr/bin/env python
import os
import subprocess

nginx = subprocess.Popen(["nginx", "-c", "/opt/program/nginx.conf"])
gunicorn = subprocess.Popen(["gunicorn", "-b", "unix:/tmp/gunicorn.sock", "--timeout", "60", "wsgi:app"])
os.wait()
"""
NGINX = """daemon off;
events {}
http {
  upstream app { server unix:/tmp/gunicorn.sock; }
  server {
    listen 8080;
    client_max_body_size 100m;
    location ~ ^/(ping|invocations) { proxy_pass http://app; }
  }
}
"""


def byoc(serve: str = SERVE, nginx: str = NGINX, wsgi: str = ROUTES) -> dict[str, str | bytes]:
    """The files of :data:`BYOC`."""
    return {"program/serve*": serve, "program/nginx.conf": nginx, "program/wsgi.py": wsgi}


def hosted(build: Build) -> Serving | None:
    return serving(build, HOSTING)


def route(rule: Rule, build: Build, method: str, path: str) -> Results:
    """The route is missing, or takes another method."""
    found = hosted(build)
    if found is None:
        return
    answer = asked(found, PORT, method, path)
    assert found.place is not None
    if answer.verdict == "unknown":
        yield rule.undecided(
            answer.place or found.place, f"whether {method} {path} is answered: {answer.reason}", SETTLE
        )
    elif answer.verdict == "no":
        allowed = sorted(answer.allowed - {"HEAD", "OPTIONS"})
        what = (
            f"The server answers {path} to {', '.join(allowed)}, not to {method}."
            if allowed
            else f"The server has no {method} {path}."
        )
        yield rule.finding(answer.place or found.place, what)


def label(build: Build, name: str) -> tuple[Pair, Instruction] | None:
    """The LABEL in force, where it says true."""
    if build.target is None or build.faults:
        return None
    config = launch_image(build).config
    value, instruction = config.labels.get(name), config.set_by.get(f"Labels.{name}")
    if not isinstance(value, str) or value.strip().lower() != "true" or not isinstance(instruction, Pairs):
        return None
    for pair in reversed(instruction.pairs):
        if pair.key.value.strip("\"'") == name:
            return pair, instruction
    return None


_MOST_FILES = 400
_MOST_BYTES = 1 << 18


def texts(build: Build) -> Iterator[tuple[str, bytes]]:
    """The files of the context that the image gets, by their path in it: what programs say is in there."""
    if build.target is None or build.faults:
        return
    count = 0
    for file in launch_image(build).files:
        if file.type != "file" or (file.size or 0) > _MOST_BYTES:
            continue
        data = file.read(_MOST_BYTES)
        if data is None or b"\0" in data[:1024]:
            continue
        count += 1
        if count > _MOST_FILES:
            return
        yield file.path, data


def mentions(build: Build, *words: bytes) -> bool:
    """Whether any of the image's own texts has one of these words."""
    return any(word in data for _, data in texts(build) for word in words)
