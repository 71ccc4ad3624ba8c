"""Random servers: what mlgate reads of their routes and addresses, and what the real frameworks and servers do.

    python -m venv /tmp/servers && /tmp/servers/bin/pip install flask flask-restful fastapi starlette aiohttp tornado bottle falcon \
        gunicorn uvicorn hypercorn waitress
    python -m benchmarks.oracle_servers --python /tmp/servers/bin/python --nginx "$(command -v nginx)" --count 400 --seed 1

Four questions, each about programs and texts that are made up here:

* applications: mlgate reads the source, the other Python imports it and is asked with real requests. A route that is found where
  the framework answers 404 or 405, or the other way round, is a wrong answer; "unknown" is counted apart.
* command lines of gunicorn, uvicorn, hypercorn, waitress and flask: the address that each program's own parser comes to.
* programs: the address that a program's own code comes to, through functions, classes, modules, arguments and environment.
* nginx: which location answers a path, asked of a running nginx.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.server_cases import Application, Line, application, command_line, nginx_configuration, program
from gate.build import Build
from gate.context import open_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.model import Place, Span, Unknown
from gate.servers.model import Host, Serving
from gate.servers.nginx import Reader as NginxReader
from gate.servers.nginx import Unreadable, choose
from gate.servers.serving import answers, serving

DRIVER = Path(__file__).with_name("server_driver.py")


@dataclass
class Score:
    right: int = 0
    unknown: int = 0
    wrong: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def told(self, what: str) -> str:
        total = self.right + self.unknown + len(self.wrong)
        return f"{what}: {total} asked, {self.right} right, {self.unknown} unknown, {len(self.wrong)} wrong"


def read(files: dict[str, str], argv: list[str], folder: Path) -> Serving:
    """What mlgate makes of an image that holds these files in /app and runs these words."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    dockerfile = f"FROM python:3.12\nRUN pip install gunicorn uvicorn hypercorn waitress flask\nWORKDIR /app\nCOPY . .\nENTRYPOINT {json.dumps(argv)}\n"
    build = Build(
        parse(Source("Dockerfile", dockerfile.encode())),
        context=open_context(str(folder)),
        platforms=("vertex-prediction",),
    )
    found = serving(build, "vertex-prediction")
    assert found is not None
    return found


def drive(python: str, question: str, cases: list[object], folder: Path) -> list[object]:
    """The other Python's answers, one for each case."""
    asked = subprocess.run(
        [python, str(DRIVER), question],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=900,
        cwd=folder,
        check=False,
    )
    if asked.returncode:
        raise SystemExit(asked.stderr[-3000:])
    found: list[object] = json.loads(asked.stdout)
    return found


def check_applications(python: str, count: int, seed: int) -> Score:
    score = Score()
    chance = random.Random(seed)
    cases: list[Application] = [application(chance, number) for number in range(count)]
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        readings = [read(case.files, case.argv, root / f"c{number}") for number, case in enumerate(cases)]
        asked = [{"folder": str(root / f"c{n}"), "module": c.module, "attribute": c.attribute, "kind": c.kind, "requests": c.requests}
                 for n, c in enumerate(cases)]  # fmt: skip
        truths = drive(python, "applications", list(asked), root)
    for case, reading, truth in zip(cases, readings, truths, strict=True):
        assert isinstance(truth, list)
        for (method, path), status in zip(case.requests, truth, strict=True):
            answer = answers(reading, 8080, method, path)
            real = "no" if status in (404, 405, 501) else "yes"
            if answer.verdict == "unknown":
                score.unknown += 1
                score.kinds[f"{case.kind}: {answer.reason}"] += 1
            elif answer.verdict == real:
                score.right += 1
            else:
                files = "".join(f"--- {name}\n{text}" for name, text in case.files.items())
                score.wrong.append(f"{case.kind} {method} {path}: read {answer.verdict}, is {status}\n{files}")
    return score


def check_lines(python: str, count: int, seed: int, make: Callable[[random.Random], Line]) -> Score:
    score = Score()
    chance = random.Random(seed)
    cases: list[Line] = [make(chance) for _ in range(count)]
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        readings = [read(case.files, case.argv, root / f"l{number}") for number, case in enumerate(cases)]
        asked = [{"folder": str(root / f"l{number}"), "argv": case.argv} for number, case in enumerate(cases)]
        truths = drive(python, "lines", list(asked), root)
    for case, reading, truth in zip(cases, readings, truths, strict=True):
        seen = sorted(
            each.socket or f"{'0.0.0.0' if each.host == '' else each.host}:{each.port}"
            for server in reading.servers
            for each in server.addresses
        )
        unknown = any(isinstance(each.port, Unknown) for server in reading.servers for each in server.addresses)
        if unknown:
            score.unknown += 1
            score.kinds[" ".join(case.argv) + "\n" + case.files["app.py"]] += 1
        elif seen == truth:
            score.right += 1
        else:
            files = "".join(f"--- {name}\n{text}" for name, text in case.files.items())
            score.wrong.append(f"{case.argv}: read {seen}, is {truth}\n{files}")
    return score


def check_nginx(nginx: str, count: int, seed: int) -> Score:
    score = Score()
    chance = random.Random(seed)
    for _ in range(count):
        text, paths = nginx_configuration(chance)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            (folder / "nginx.conf").write_text(text.replace("PORT", str(port)).replace("FOLDER", name))
            process = subprocess.Popen([nginx, "-p", name, "-c", f"{name}/nginx.conf"], stderr=subprocess.PIPE)
            try:
                host = _host(folder / "nginx.conf")
                for path in paths:
                    truth = _status(port, path)
                    try:
                        location = choose(host, path)
                    except Unreadable:
                        score.unknown += 1
                        continue
                    seen = location.status if location is not None else 404
                    if seen == truth:
                        score.right += 1
                    else:
                        score.wrong.append(f"{path}: read {seen}, is {truth}\n{text}")
            finally:
                process.terminate()
                process.wait(10)
    return score


def _host(path: Path) -> Host:
    build = Build(
        parse(Source("Dockerfile", b"FROM scratch\nCOPY nginx.conf /nginx.conf\n")),
        context=open_context(str(path.parent)),
    )
    nowhere = Place("", Span(1, 1, 1, 1))
    reader = NginxReader(build.image().files.lookup, lambda folder: [], lambda file, text: lambda start, end: nowhere)
    return reader.read("/nginx.conf").hosts[0]


def _status(port: int, path: str) -> int:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.05)
    raise SystemExit("nginx does not answer")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", help="an interpreter that has the frameworks and servers")
    parser.add_argument("--nginx", help="the program")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    scores: list[tuple[str, Score]] = []
    if given.python:
        scores.append(("routes", check_applications(given.python, given.count, given.seed)))
        scores.append(("command lines", check_lines(given.python, given.count, given.seed, command_line)))
        scores.append(("programs", check_lines(given.python, given.count, given.seed, program)))
    if given.nginx:
        scores.append(("nginx locations", check_nginx(given.nginx, max(given.count // 10, 1), given.seed)))
    for what, score in scores:
        for wrong in score.wrong[:10]:
            print(wrong)
        print(score.told(what))
        for kind, number in score.kinds.most_common(10):
            print(f"  unknown {number}: {kind}")
    raise SystemExit(any(score.wrong for _, score in scores))


if __name__ == "__main__":
    main()
