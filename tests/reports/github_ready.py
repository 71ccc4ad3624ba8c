"""What GitHub's code scanning refuses, drops or misreads in a SARIF file, and no schema and no validator finds."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

SEMANTIC = re.compile(r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")
FINGERPRINT = re.compile(r"[0-9a-f]{1,16}:[1-9]\d*")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LEVELS = ("note", "warning", "error")
PRECISIONS = ("low", "medium", "high", "very-high")
ENGINES = {"mlgate", "hadolint", "grype"}


def assert_github_ready(document: dict[str, Any], root: Path | None = None) -> None:
    """``root``: the repository; with it, every file and region must be there."""
    assert list(problems(document, root)) == []


def problems(document: dict[str, Any], root: Path | None = None) -> Iterator[str]:
    if document.get("version") != "2.1.0" or not str(document.get("$schema", "")).endswith("sarif-2.1.0.json"):
        yield "no version 2.1.0 with its schema"
    runs = document["runs"]
    if len(runs) > 20:
        yield "more than 20 runs"
    identities = [(run["tool"]["driver"]["name"], run.get("automationDetails", {}).get("id", "")) for run in runs]
    if len(set(identities)) != len(identities) or len({name for name, _ in identities}) != len(identities):
        yield "two runs of one tool"
    if len(gzip.compress(json.dumps(document).encode())) >= 10_000_000:
        yield "10 MB or more when compressed"
    yield from _strings(document, (str(Path.cwd()), str(root or Path.cwd())))
    for run in runs:
        yield from _run(run, root)


def _strings(value: object, local: tuple[str, ...], where: str = "", key: str = "") -> Iterator[str]:
    """Every string: no control character (Markdown has lines), no path of this machine."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, local, f"{where}.{name}", name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _strings(inner, local, f"{where}[{index}]")
    elif isinstance(value, str):
        if CONTROL.search(value.replace("\n", "") if key == "markdown" else value):
            yield f"{where}: a control character"
        if any(folder in value for folder in local) or "file:///" in value:
            yield f"{where}: a path of this machine"


def _run(run: dict[str, Any], root: Path | None) -> Iterator[str]:
    driver, rules, results = run["tool"]["driver"], run["tool"]["driver"].get("rules", []), run["results"]
    name = driver["name"]
    if name not in ENGINES or not SEMANTIC.fullmatch(driver.get("semanticVersion", "")):
        yield f"{name}: an unknown tool, or no semantic version"
    if not run["automationDetails"]["id"].endswith("/"):
        yield f"{name}: the category does not end with a slash"
    if not all(invocation["executionSuccessful"] for invocation in run["invocations"]):
        yield f"{name}: unsuccessful runs are refused"
    if run.get("columnKind") != "utf16CodeUnits":
        yield f"{name}: columns of no kind"
    if len(results) > 5000 or len(rules) > 25_000:
        yield f"{name}: more than is kept"
    levels = [LEVELS.index(result["level"]) for result in results]
    if levels != sorted(levels, reverse=True):
        yield f"{name}: not the worst first"
    if len({rule["id"] for rule in rules}) != len(rules):
        yield f"{name}: a rule twice"
    for rule in rules:
        yield from (f"{name} rule {rule['id']}: {said}" for said in _rule(rule))
    for index, result in enumerate(results):
        yield from (f"{name} result {index}: {said}" for said in _result(result, rules, root))


def _rule(rule: dict[str, Any]) -> Iterator[str]:
    if not rule["id"] or len(rule["id"]) > 255 or not 0 < len(rule["name"]) <= 255:
        yield "an id or a name that is too long, or none"
    for key in ("shortDescription", "fullDescription"):
        if not 0 < len(rule[key]["text"]) <= 1024:
            yield f"{key} is empty or too long"
    if rule["shortDescription"]["text"][-1] not in ".!?…":
        yield "the short description is no sentence"
    if not rule["help"]["text"] or not rule["help"]["markdown"]:
        yield "no help in text and Markdown"
    if rule["defaultConfiguration"]["level"] not in LEVELS:
        yield "an unknown level"
    properties = rule["properties"]
    tags = properties["tags"]
    if not 0 < len(tags) <= 10 or len(set(tags)) != len(tags):
        yield "no tags, too many tags, or one twice"
    if properties["precision"] not in PRECISIONS:
        yield "an unknown precision"
    score = properties.get("security-severity")
    if ("security" in tags) != (score is not None):
        yield "a security rule has a score, another has none"
    if score is not None and not (re.fullmatch(r"\d{1,2}\.\d", score) and 0 < float(score) <= 10):
        yield f"a score of {score}"
    if score is None and properties.get("problem.severity") not in ("error", "warning", "recommendation"):
        yield "no problem.severity"


def _result(result: dict[str, Any], rules: list[dict[str, Any]], root: Path | None) -> Iterator[str]:
    index = result["ruleIndex"]
    if not 0 <= index < len(rules) or rules[index]["id"] != result["ruleId"]:
        yield "the index is not that of its rule"
    if result["level"] not in LEVELS:
        yield "an unknown level"
    if not result["message"]["text"].strip() or "](" in result["message"]["text"]:
        yield "an empty message, or one with a link"
    if "suppressions" in result:
        yield "suppressed: it becomes an open alert"
    if not FINGERPRINT.fullmatch(result.get("partialFingerprints", {}).get("primaryLocationLineHash", "")):
        yield "no fingerprint"
    if len(result["locations"]) != 1:
        yield "not one location"
        return
    place = result["locations"][0]["physicalLocation"]
    uri = place["artifactLocation"]["uri"]
    yield from _uri(uri)
    yield from _region(place["region"], uri, root)


def _uri(uri: str) -> Iterator[str]:
    parts = uri.split("/")
    if uri != quote(unquote(uri, "latin-1").encode("latin-1"), safe="/"):
        yield f"{uri}: not percent-encoded"
    if not uri or ":" in uri or "\\" in uri or {"", ".", ".."} & set(parts):
        yield f"{uri}: not a plain path below the root"


def _region(region: dict[str, int], uri: str, root: Path | None) -> Iterator[str]:
    if set(region) != {"startLine", "startColumn", "endLine", "endColumn"} or min(region.values()) < 1:
        yield f"region {region}: not four numbers from 1"
        return
    start, end = (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
    if end <= start:
        yield f"region {region}: empty"
    if root is None or uri.startswith("images/"):
        return
    path = root / unquote(uri, errors="surrogateescape")
    if not path.is_file() or path.is_symlink():
        yield f"{uri}: not a file of the repository"
        return
    lines = re.split(r"\r\n|\n|\r", path.read_bytes().decode("utf-8", "replace"))
    if region["endLine"] > len(lines):
        yield f"region {region}: behind the end of the file"
    elif region["endColumn"] > len(lines[region["endLine"] - 1].encode("utf-16-le")) // 2 + 2:
        yield f"region {region}: behind the end of the line"
