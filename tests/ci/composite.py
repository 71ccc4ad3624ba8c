"""Runs a composite action as the runner of GitHub Actions does: its shell for real, other actions as stand-ins.

Expressions, conditions, environment and output files follow the runner's rules; ``commands`` reads a log as it does.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
StandIn = Callable[[dict[str, str]], dict[str, str]]


class Failed(Exception):
    """A step ended with another code than 0; the text is the code."""


@dataclass
class Job:
    """What a run left: the result of each step, the action's outputs, everything that was printed."""

    outputs: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)  # id, or action → success, failure, skipped
    left: dict[str, dict[str, str]] = field(default_factory=dict)  # step → its outputs
    used: dict[str, dict[str, str]] = field(default_factory=dict)  # action without its ref → inputs
    code: int = 0  # of the last step that failed
    log: str = ""
    summary: str = ""


def run(
    action: Path,
    inputs: Mapping[str, str],
    *,
    workspace: Path,
    temp: Path,
    stand_ins: Mapping[str, StandIn],
    env: Mapping[str, str] | None = None,
    github: Mapping[str, Any] | None = None,
    done: Mapping[str, dict[str, str]] | None = None,
) -> Job:
    """``stand_ins``: what other actions give back for their inputs, by name without ref. ``done``: steps that are not run
    again, with what they put out."""
    document = yaml.safe_load((action / "action.yml").read_text())
    unknown = set(inputs) - set(document["inputs"])
    assert not unknown, f"no such inputs: {unknown}"
    given = {name: str(inputs.get(name, declared.get("default", ""))) for name, declared in document["inputs"].items()}
    context: dict[str, Any] = {
        "inputs": given,
        "steps": {},
        "runner": {"temp": str(temp), "os": "Linux"},
        "github": {"event": {}, **(github or {})},
    }
    job = Job()
    for number, step in enumerate(document["runs"]["steps"]):
        name = step.get("id") or step.get("uses", f"step {number}").partition("@")[0]
        if not _wanted(step.get("if"), context, job):
            job.steps[name] = "skipped"
            continue
        try:
            if done and name in done:
                outputs = done[name]
            elif "uses" in step:
                words = {key: substitute(_word(value), context, job) for key, value in step.get("with", {}).items()}
                called = step["uses"].partition("@")[0]
                job.used[called] = words
                outputs = stand_ins[called](words)
            else:
                environment = {
                    key: substitute(_word(value), context, job) for key, value in step.get("env", {}).items()
                }
                outputs = _shell(step, environment, action, workspace, temp, env or {}, job)
            job.steps[name] = "success"
        except Failed as failed:
            job.code, outputs = int(str(failed)), _left(temp)
            job.steps[name] = "failure"
        context["steps"][name] = {"outputs": outputs, "outcome": job.steps[name]}
        job.left[name] = outputs
    job.outputs = {
        name: substitute(declared["value"], context, job) for name, declared in document.get("outputs", {}).items()
    }
    return job


def _shell(
    step: dict[str, Any],
    environment: dict[str, str],
    action: Path,
    workspace: Path,
    temp: Path,
    env: Mapping[str, str],
    job: Job,
) -> dict[str, str]:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "an expression in a script is a hole"
    script = temp / "step.sh"
    script.write_text(step["run"])
    (temp / "output").write_text("")
    (temp / "summary").write_text("")
    done = subprocess.run(
        [*SHELL, str(script)],
        cwd=workspace,
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **env,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_OUTPUT": str(temp / "output"),
            "GITHUB_STEP_SUMMARY": str(temp / "summary"),
            "RUNNER_TEMP": str(temp),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
    )
    job.log += done.stdout.decode("utf-8", "replace")
    job.summary += (temp / "summary").read_text()
    if done.returncode:
        raise Failed(done.returncode)
    return _left(temp)


def _left(temp: Path) -> dict[str, str]:
    """The outputs that a step wrote: ``name=value``, or ``name<<word`` up to that word."""
    found: dict[str, str] = {}
    lines = iter((temp / "output").read_text().split("\n"))
    for line in lines:
        name, heredoc, word = line.partition("<<")
        if heredoc and "=" not in name:
            value = []
            while (inner := next(lines)) != word:
                value.append(inner)
            found[name] = "\n".join(value)
        elif line:
            name, equals, value_ = line.partition("=")
            assert equals, f"the runner refuses the output {line!r}"
            found[name] = value_
    return found


# ---- expressions

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[\w.*-]+|==|!=|&&|\|\||[!()])")


def substitute(text: str, context: Mapping[str, Any], job: Job) -> str:
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: _word(evaluate(match[1], context, job)), text, flags=re.S)


def _wanted(condition: str | None, context: Mapping[str, Any], job: Job) -> bool:
    text = condition or "success()"
    if not re.search(r"\b(always|success|failure)\(\)", text):
        text = f"success() && ({text})"
    return bool(evaluate(text, context, job))


def evaluate(text: str, context: Mapping[str, Any], job: Job) -> Any:
    tokens = _TOKEN.findall(text)
    assert "".join(tokens) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", text), f"cannot read {text!r}"
    value, rest = _either(tokens, context, job)
    assert not rest, f"cannot read {text!r}"
    return value


def _either(tokens: list[str], context: Mapping[str, Any], job: Job) -> tuple[Any, list[str]]:
    value, tokens = _both(tokens, context, job)
    while tokens[:1] == ["||"]:
        other, tokens = _both(tokens[1:], context, job)
        value = value or other
    return value, tokens


def _both(tokens: list[str], context: Mapping[str, Any], job: Job) -> tuple[Any, list[str]]:
    value, tokens = _same(tokens, context, job)
    while tokens[:1] == ["&&"]:
        other, tokens = _same(tokens[1:], context, job)
        value = value and other
    return value, tokens


def _same(tokens: list[str], context: Mapping[str, Any], job: Job) -> tuple[Any, list[str]]:
    value, tokens = _single(tokens, context, job)
    if tokens[:1] in (["=="], ["!="]):
        other, rest = _single(tokens[1:], context, job)
        equal = value == other if type(value) is type(other) else _number(value) == _number(other)
        return equal == (tokens[0] == "=="), rest
    return value, tokens


def _single(tokens: list[str], context: Mapping[str, Any], job: Job) -> tuple[Any, list[str]]:
    first, rest = tokens[0], tokens[1:]
    if first == "!":
        value, rest = _single(rest, context, job)
        return not value, rest
    if first == "(":
        value, rest = _either(rest, context, job)
        return value, rest[1:]
    if first.startswith("'"):
        return first[1:-1].replace("''", "'"), rest
    if rest[:2] == ["(", ")"]:
        failed = "failure" in job.steps.values()
        return {"always": True, "success": not failed, "failure": failed}[first], rest[2:]
    if first in ("true", "false"):
        return first == "true", rest
    value = context
    for part in first.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value, rest


def _number(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _word(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# ---- the log


def commands(log: str) -> list[tuple[str, str, str]]:
    """The workflow commands that the runner finds in a log: name, properties, message."""
    found, stopped = [], ""
    for line in re.split(r"\r\n|\n|\r", log):
        new = re.match(r"\s*::([\w-]+)([^:]*?)::(.*)", line)
        old = re.search(r"##\[([\w-]+)([^\]]*)\](.*)", line)
        if stopped:
            if new and new[1] == stopped:
                stopped = ""
            continue
        if new and new[1] == "stop-commands":
            stopped = new[3]
        elif match := new or old:
            found.append((match[1], match[2].strip(), match[3]))
    return found
