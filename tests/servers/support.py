"""What a launch serves, as text for tables of cases."""

from __future__ import annotations

import json
from collections.abc import Mapping

from gate.model import Unknown
from gate.servers.model import Serving
from gate.servers.serving import answers, serving
from tests.rules.support import make_build

BASE = "FROM python:3.12\nRUN pip install gunicorn uvicorn hypercorn waitress flask mlflow\nWORKDIR /app\nCOPY . .\n"


def read(
    argv: list[str], files: Mapping[str, str | bytes], platform: str = "vertex-prediction", more: str = ""
) -> Serving:
    """What ``argv`` starts in an image that has these files in its working folder."""
    found = explore(argv, files, platform, more)
    assert found is not None
    return found


def explore(
    argv: list[str], files: Mapping[str, str | bytes], platform: str = "sagemaker-hosting", more: str = ""
) -> Serving | None:
    """The same; None where the launch fails."""
    return serving(make_build(f"{BASE}{more}ENTRYPOINT {json.dumps(argv)}\n", files, [platform], {}, {}), platform)


def where(found: Serving) -> list[str]:
    """Each address: ``gunicorn 127.0.0.1:8000``; ``$PORT`` behind it where a variable decides, ``?`` where it may not be so."""
    told = []
    for server in found.servers:
        for each in server.addresses:
            host = "?" if isinstance(each.host, Unknown) else each.host or "*"
            port = "?" if isinstance(each.port, Unknown) else each.port
            what = each.socket or f"{host}:{port}"
            doubt = "" if each.certain and server.certain else " ?"
            told.append(f"{server.kind} {what}{' $' + each.variable if each.variable else ''}{doubt}")
    return told


def verdict(found: Serving, method: str, path: str, port: int = 8080) -> str:
    return answers(found, port, method, path).verdict
