"""Tables of cases for the label rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.support import expect, run, silent, undecided

OCI = "org.opencontainers.image"
SOURCE = {"labels": {"required": {f"{OCI}.source": "url"}}}
LABEL = f'LABEL {OCI}.source="https://example.com/x"\n'


@pytest.mark.parametrize(
    "text",
    [
        "FROM »debian:12.5\nRUN true\n",
        f"FROM debian:12.5 AS build\n{LABEL}FROM »debian:12.5\nCOPY --from=build /a /a\n",
        f"FROM debian:12.5 AS a\n{LABEL}FROM debian:12.5 AS b\nFROM »debian:12.5\n",
        f"FROM »debian:12.5\nONBUILD {LABEL}",
        "FROM »scratch\nLABEL other=1\n",
    ],
)
def test_a_required_label_is_missing(text: str) -> None:
    expect("LBL001", text, policy=SOURCE)


@pytest.mark.parametrize(
    "text",
    [
        f"FROM debian:12.5\n{LABEL}",
        f"FROM debian:12.5 AS base\n{LABEL}FROM base AS mid\nFROM mid\n",
        f"FROM debian:12.5\nLABEL {OCI}.source https://example.com/x y\n",
        f"FROM debian:12.5\nARG U\nLABEL {OCI}.source=$U\n",
        f"FROM debian:12.5\nARG K=source\nLABEL {OCI}.$K=https://example.com\n",
    ],
)
def test_a_required_label_is_there(text: str) -> None:
    silent("LBL001", text, policy=SOURCE)


def test_labels_may_be_required_as_a_list_and_provided_by_the_build() -> None:
    policy: dict[str, Any] = {"labels": {"required": ["team", "owner"], "provided-at-build": ["owner"]}}
    expect("LBL001", "FROM »debian:12.5\n", policy=policy)
    silent("LBL001", "FROM debian:12.5\nLABEL team=x\n", policy=policy)


BAD_VALUES = [
    ("created", '"2026-01-31"'),
    ("created", '"2026-13-01T00:00:00Z"'),
    ("created", '"31.1.2026 12:00"'),
    ("created", '"2026-01-31T12:00:00"'),
    ("revision", "main"),
    ("revision", "v1.2"),
    ("licenses", '"Apache 2"'),
    ("licenses", "Proprietary"),
    ("licenses", '"MIT AND"'),
    ("url", "example.com"),
    ("source", "git@example.com:a/b.git"),
    ("documentation", '"see the wiki"'),
    ("base.digest", "sha256:abc"),
]
GOOD_VALUES = [
    ("created", '"2026-01-31T12:00:00Z"'),
    ("created", '"2026-01-31T12:00:00.123+01:00"'),
    ("revision", "0123456"),
    ("revision", "0123456789abcdef0123456789abcdef01234567"),
    ("revision", "a" * 64),
    ("licenses", "MIT"),
    ("licenses", '"MIT OR Apache-2.0"'),
    ("licenses", '"GPL-2.0-only WITH Classpath-exception-2.0"'),
    ("licenses", "LicenseRef-Acme-1.0"),
    ("url", "https://example.com"),
    ("source", "ssh://git@example.com/a/b.git"),
    ("authors", '"A <a@b.example>"'),
    ("version", "v1.2.3"),
    ("title", '"My model"'),
    ("base.digest", "sha256:" + "0" * 64),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_a_value_of_the_wrong_type(name: str, value: str) -> None:
    expect("LBL002", f"FROM debian:12.5\nLABEL »{OCI}.{name}={value}\n", severity="medium")


@pytest.mark.parametrize(("name", "value"), GOOD_VALUES)
def test_a_value_of_the_right_type(name: str, value: str) -> None:
    silent("LBL002", f"FROM debian:12.5\nLABEL {OCI}.{name}={value}\n")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("semver", "1.2.3-rc.1+b", "v1.2.3"),
        ("email", "a@b.example", '"A <a@b.example>"'),
        ("hash", "0123456", "main"),
        ("url", "https://x.example", "x.example"),
        ("spdx", "MIT", "Foo-1"),
        ("rfc3339", "2026-01-31T12:00:00Z", "2026-01-31"),
    ],
)
def test_the_policy_gives_a_key_its_type(kind: str, good: str, bad: str) -> None:
    for policy in ({"labels": {"required": {"team.key": kind}}}, {"labels": {"types": {"team.key": kind}}}):
        silent("LBL002", f"FROM debian:12.5\nLABEL team.key={good}\n", policy=policy)
        expect("LBL002", f"FROM debian:12.5\nLABEL »team.key={bad}\n", policy=policy)


def test_a_default_that_the_build_may_replace_weighs_less() -> None:
    text = f"FROM debian:12.5\nARG REV=main\nLABEL {OCI}.revision=$REV\n"
    assert run(text, ["LBL002"]) == [("LBL002", 3, 7, "low")]


def test_unknown_values_are_checked_when_they_are_known() -> None:
    text = f"FROM debian:12.5\nARG REV\nLABEL {OCI}.revision=$REV\n"
    silent("LBL002", text)
    assert run(text, ["LBL002"], build_args={"REV": "main"}) != []
    silent("LBL002", text, build_args={"REV": "0123456"})


def test_single_quotes_keep_the_variable() -> None:
    expect("LBL002", f"FROM debian:12.5\nARG R=x\nLABEL »{OCI}.title='model ${{R}}'\n")
    silent("LBL002", f'FROM debian:12.5\nARG R=x\nLABEL {OCI}.title="model ${{R}}"\n')


@pytest.mark.parametrize("name", ["build-date", "vcs-ref", "schema-version", "docker.cmd", "name"])
def test_label_schema_is_superseded(name: str) -> None:
    expect("LBL003", f"FROM debian:12.5\nLABEL »org.label-schema.{name}=x\n", severity="low")


def test_both_vocabularies_side_by_side_serve_old_readers() -> None:
    silent("LBL003", f"FROM debian:12.5\nLABEL org.label-schema.vcs-ref=x {OCI}.revision=x\n")
    expect("LBL003", f"FROM debian:12.5\nLABEL »org.label-schema.vcs-ref=x {OCI}.version=x\n")


@pytest.mark.parametrize(
    "key",
    [
        f"{OCI}.license",
        f"{OCI}.author",
        "org.opencontainer.image.title",
        f"{OCI}.referrer.x",
        "com.docker.x",
        "io.docker.y",
        "org.dockerproject.z",
    ],
)
def test_keys_of_reserved_namespaces(key: str) -> None:
    expect("LBL004", f"FROM debian:12.5\nLABEL »{key}=1\n", severity="medium")


@pytest.mark.parametrize("key", ["Foo", "a..b", "a--b", "-a", "a_", "my.Key"])
def test_keys_in_an_odd_form(key: str) -> None:
    expect("LBL004", f"FROM debian:12.5\nLABEL »{key}=1\n", severity="info")


@pytest.mark.parametrize(
    "key",
    [
        "maintainer",
        "version",
        "com.example.team",
        f"{OCI}.ref.name",
        "com.amazonaws.sagemaker.capabilities.multi-models",
        "a-b.c_d",
    ],
)
def test_keys_of_ones_own(key: str) -> None:
    silent("LBL004", f"FROM debian:12.5\nLABEL {key}=1\n")


def test_a_strict_schema_knows_its_keys_only() -> None:
    policy = {"labels": {"required": {"team": "text"}, "strict": True}}
    expect("LBL004", "FROM debian:12.5\nLABEL team=x »other=y\n", policy=policy)


@pytest.mark.parametrize(
    "text",
    [
        'FROM debian:12.5\nLABEL »a=""\n',
        "FROM debian:12.5\nLABEL »a=''\n",
        "FROM debian:12.5\nLABEL »a=\n",
        'FROM debian:12.5\nARG V=""\nLABEL »a=$V\n',
        "ARG V=1\nFROM debian:12.5\nLABEL »a=$V\n",
        'ARG V=1\nFROM debian:12.5\nLABEL »a="v${V}"\n',
        "FROM scratch\nLABEL »a=$NEVER\n",
        "FROM debian:12.5\nLABEL »a=$V\nARG V=1\n",
        "FROM debian:12.5 AS x\nARG V=1\nFROM debian:12.5\nLABEL »a=$V\n",
    ],
)
def test_empty_values(text: str) -> None:
    expect("LBL005", text)


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:12.5\nLABEL a=1\n",
        "FROM debian:12.5\nARG V\nLABEL a=$V\n",
        "FROM debian:12.5\nARG V=1\nLABEL a=$V\n",
        "FROM debian:12.5\nLABEL a=${V:-1}\n",
        "FROM python:3.12\nLABEL a=$PYTHON_VERSION\n",
        "FROM debian:12.5 AS x\nARG V=1\nFROM x\nLABEL a=$V\n",
        "FROM debian:12.5\nLABEL a='$V'\n",
    ],
)
def test_values_that_are_there(text: str) -> None:
    silent("LBL005", text)


def test_maintainer_and_duplicates() -> None:
    expect("LBL006", "FROM debian:12.5\n»MAINTAINER a\n")
    silent("LBL006", "FROM debian:12.5\nLABEL maintainer=a\n")
    expect("LBL007", 'FROM debian:12.5\nLABEL a=1 b=2 »a=3\nLABEL »b="x"\n')
    silent("LBL007", "FROM debian:12.5\nLABEL a=1\nFROM debian:12.5\nLABEL a=1\n")


def test_lbl002_looks_at_the_values_of_the_image() -> None:
    silent(
        "LBL002",
        "FROM debian:12.5\n"
        + "LABEL org.opencontainers.image.url=x\nLABEL org.opencontainers.image.url=https://e.org\n",
    )
    silent(
        "LBL002", "FROM debian:12.5 AS x\nLABEL org.opencontainers.image.url=x\nFROM debian:12.5\nCOPY --from=x /a /\n"
    )
    expect("LBL002", "FROM debian:12.5 AS x\nLABEL »org.opencontainers.image.url=x\nFROM x\n")


def test_lbl002_the_case_of_an_spdx_id_is_advice() -> None:
    expect("LBL002", "FROM debian:12.5\n" + "LABEL »org.opencontainers.image.licenses=apache-2.0\n", severity="low")
    expect(
        "LBL002",
        "FROM debian:12.5\n" + 'LABEL »org.opencontainers.image.licenses="MIT OR gpl-2.0-only"\n',
        severity="low",
    )
    silent(
        "LBL002",
        "FROM debian:12.5\n" + 'LABEL org.opencontainers.image.licenses="MIT or Apache-2.0 AND LicenseRef-own"\n',
    )


def test_lbl005_a_variable_of_the_base_image() -> None:
    expect("LBL005", "FROM debian:12.5\nLABEL »version=$VERSION\n")
    silent("LBL005", "FROM debian:12.5\nLABEL path=$PATH\n")
    for base in ("python:3.12.4", "registry.example.com/base:1.0.0"):
        text = f"FROM {base}\nLABEL version=$VERSION\n"
        silent("LBL005", text)
        assert [question.rule_id for question in undecided(text, ["LBL005"])] == ["LBL005"]
