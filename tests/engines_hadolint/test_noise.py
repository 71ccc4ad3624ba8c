"""Known false alarms are gone; the same rule still speaks where it is right."""

from __future__ import annotations

import pytest

from gate.engines import hadolint_findings
from gate.engines.hadolint_noise import KNOWN
from tests.engines_hadolint.support import rows

SILENT = [
    ("DL3006", "FROM debian:12 AS Base\nFROM base\n", ()),
    ("DL3006", "ARG OS=linux\nFROM debian:12 AS base-linux\nFROM base-$OS\n", ()),
    ("DL3025", "FROM debian:12\nHEALTHCHECK CMD curl -f localhost || exit 1\n", ()),
    ("DL3029", "FROM --platform=linux/amd64 debian:12\n", ("sagemaker-training", "sagemaker-hosting")),
    ("DL3045", "FROM public.ecr.aws/lambda/python:3.12\nCOPY app.py ./\n", ()),
    ("DL3045", "FROM jupyter/base-notebook:1 AS x\nFROM x\nCOPY app.py ./\n", ()),
    ("DL3066", "FROM debian:12\nUSER root\nRUN a\nUSER 1000\n", ()),
    ("DL3066", "FROM debian:12\nENV U=1000\nUSER $U\n", ()),
    ("DL3066", "FROM debian:12\nARG U=1000\nENV V=$U\nUSER ${V}:${V}\n", ()),
    ("DL3066", "FROM debian:12\nRUN groupadd x && useradd -m app\nUSER app\n", ()),
    ("DL3066", "FROM debian:12 AS a\nRUN adduser app\nFROM a\nUSER app\n", ()),
    ("DL3066", "FROM debian:12\nUSER root\n", ()),
    ("DL3066", "FROM debian:12\nUSER app\n", ("sagemaker-hosting",)),
    ("DL3066", "FROM debian:12 AS build\nUSER app\nFROM debian:12\nUSER 1000\n", ()),
    ("DL4006", "FROM debian:12\nRUN set -o pipefail && a | b\n", ()),
    ("DL4006", "FROM debian:12\nRUN set -eux -o pipefail; a | b\n", ()),
    ("DL4006", "FROM debian:12\nRUN <<EOF\n#!/bin/bash\nset -euo pipefail\na | b\nEOF\n", ()),
    ("DL4006", "FROM debian:12\nRUN yes | apt-get upgrade\n", ()),
    ("SC2102", "FROM debian:12\nRUN pip install uvicorn[standard]==1 'x[all]'\n", ()),
    ("SC2291", "FROM debian:12\nRUN echo a \\\n      b\n", ()),
]
SPEAKING = [
    ("DL3006", "FROM debian\n", ()),
    ("DL3025", "FROM debian:12\nCMD curl -f localhost\n", ()),
    ("DL3029", "FROM --platform=linux/amd64 debian:12\n", ()),
    ("DL3029", "FROM --platform=linux/amd64 debian:12\n", ("sagemaker-training", "kserve")),
    ("DL3045", "FROM debian:12\nCOPY app.py ./\n", ()),
    ("DL3066", "FROM debian:12\nUSER app\n", ()),
    ("DL3066", "FROM debian:12\nRUN useradd app\nUSER app\n", ("kserve",)),
    ("DL3066", "FROM debian:12\nRUN useradd other\nUSER app\n", ()),
    ("DL4006", "FROM debian:12\nRUN a | b\n", ()),
    ("DL4006", "FROM debian:12\nRUN yes | a && b | c\n", ()),
    ("SC2102", "FROM debian:12\nRUN ls [aab]\n", ()),
    ("SC2291", "FROM debian:12\nRUN echo a    b\n", ()),
]


@pytest.mark.parametrize(("code", "text", "platforms"), SILENT)
def test_a_false_alarm_is_gone(
    code: str, text: str, platforms: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rows(text, code, platforms=platforms) == []
    monkeypatch.setattr(hadolint_findings, "contradicted", lambda *_: False)
    assert rows(text, code, platforms=platforms) != []  # hadolint does say it


@pytest.mark.parametrize(("code", "text", "platforms"), SPEAKING)
def test_a_true_one_is_there(code: str, text: str, platforms: tuple[str, ...]) -> None:
    assert [found for found, _ in rows(text, code, platforms=platforms)] == [code]


def test_each_entry_says_why_and_is_tried_both_ways() -> None:
    assert {code for code, *_ in SILENT} == set(KNOWN)
    assert {code for code, *_ in SPEAKING} == set(KNOWN)
    assert all(len(why) > 20 for why, _ in KNOWN.values())
