"""The step of the GitHub Action that judges: its inputs in the environment, one run, every report, the outputs.

Run as ``python -I -m gate.action``, so that nothing in the checked out repository is imported. It ends with 0 whatever is
found; only what could not be judged ends it otherwise. The gate is a step of its own, after the reports are sent.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PREFIX = "MLGATE_ACTION_"
_LISTS = {
    "FOR": "--for",
    "BUILD_ARGS": "--build-arg",
    "SELECT": "--select",
    "IGNORE": "--ignore",
    "ENGINES": "--engine",
    "VEX": "--vex",
}
_SINGLE = {
    "CONTEXT": "--context",
    "TARGET": "--target",
    "POLICY": "--policy",
    "BASELINE": "--baseline",
    "FAIL_ON": "--fail-on",
    "IMAGE": "--image",
    "SBOM": "--sbom",
    "SARIF_CATEGORY": "--sarif-category",
}
_REPORTS = {
    "json": "mlgate.json",
    "sarif": "mlgate.sarif",
    "html": "mlgate.html",
    "junit": "mlgate.junit.xml",
    "markdown": "mlgate.md",
    "github": "annotations.txt",
}
_SUMMARY_LIMIT = 1 << 20


def main() -> int:
    from gate import cli

    environment = os.environ
    folder = Path(_input(environment, "REPORT_DIR") or Path(environment["RUNNER_TEMP"], "mlgate", "reports"))
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder.absolute() / file for name, file in _REPORTS.items()}
    for file in files.values():
        file.unlink(missing_ok=True)
    code = cli.run(command(environment, files))
    sys.stdout.flush()
    outputs = _outputs(code, files)
    _append(environment["GITHUB_OUTPUT"], "".join(_assignment(*pair) for pair in outputs.items()))
    if _input(environment, "ANNOTATIONS") != "false":
        sys.stdout.write(_read(files["github"]))
    if _input(environment, "SUMMARY") != "false" and len(_read(files["markdown"]).encode()) < _SUMMARY_LIMIT:
        _append(environment["GITHUB_STEP_SUMMARY"], _read(files["markdown"]))
    return 0 if code in (0, 1) else code


def command(environment: Mapping[str, str], files: Mapping[str, Path]) -> list[str]:
    """The command line. What is empty is not said: it is the policy's to decide."""
    words = ["check", "--color=always"]
    for name, option in _SINGLE.items():
        if value := _input(environment, name):
            words.append(f"{option}={value}")
    for name, option in _LISTS.items():
        words += [f"{option}={value}" for value in _lines(environment, name)]
    if _input(environment, "GRYPE") == "false":
        words.append("--engine=grype=off")
    words += [f"--format={name}={file}" for name, file in files.items()]
    return [*words, "--", *_lines(environment, "PATHS")]


def _input(environment: Mapping[str, str], name: str) -> str:
    return environment.get(_PREFIX + name, "").strip()


def _lines(environment: Mapping[str, str], name: str) -> list[str]:
    lines = (line.strip() for line in _input(environment, name).split("\n"))
    return [line for line in lines if line]


def _outputs(code: int, files: Mapping[str, Path]) -> dict[str, str]:
    """The outputs of the action. Without a JSON report there are none but the verdict."""
    text = _read(files["json"])
    if not text:
        return {"verdict": "error", "exit-code": str(code), "report-dir": str(files["json"].parent)}
    report: dict[str, Any] = json.loads(text)
    active = [finding["severity"] for finding in report["findings"] if finding["state"] == "active"]
    failed = [engine["name"] for engine in report["engines"] if engine["status"] == "failed"]
    written = {name: str(file) for name, file in files.items() if file.is_file() and name != "github"}
    if not json.loads(_read(files["sarif"]) or "{}").get("runs"):
        written.pop("sarif", None)
    return {
        "verdict": report["verdict"],
        "exit-code": str(code),
        **{name: str(count) for name, count in report["summary"].items()},
        **{severity: str(active.count(severity)) for severity in ("critical", "high", "medium", "low")},
        "engines-failed": ",".join(failed),
        "report-dir": str(files["json"].parent),
        **written,
    }


def _assignment(name: str, value: str) -> str:
    """One output in the form that no value can break out of."""
    delimiter = f"mlgate-{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
