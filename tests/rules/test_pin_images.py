"""PIN001, PIN002, PIN008: image references."""

from __future__ import annotations

import pytest

from gate.rule import Example
from tests.rules.support import expect, findings, silent, undecided

DIGEST = "sha256:" + "0" * 64

FLOATING = {
    "medium": [
        "FROM »debian",
        "FROM »debian:latest",
        "FROM »reg.io:5000/x:latest",
        "FROM »reg:5000/debian",
        "FROM »localhost:5000/debian",
        "FROM »localhost/x",
        "FROM --platform=linux/amd64 »debian",
        "FROM »debian AS b\nFROM b",
        "ARG T=latest\nFROM »debian:${T}",
        "ARG T=latest\nFROM »debian:$T",
        "ARG B=debian\nFROM »$B",
        "ARG B=debian:latest\nFROM »${B}",
        "ARG T\nFROM »debian:${T}",
        "ARG T=\nFROM »debian:${T}",
        "FROM »tensorflow/tensorflow:latest-gpu",
        "FROM »tensorflow/tensorflow:latest-py3",
        "FROM »app:1.2-latest",
        "ARG R\nFROM »${R}/img:latest",
        "ARG R\nFROM »${R}/img",
        "FROM debian:12.5\nCOPY --from=»ghcr.io/astral-sh/uv:latest /uv /bin/",
        "FROM debian:12.5\nCOPY --from=»nginx /a /b",
        "FROM debian:12.5\nRUN --mount=type=bind,from=»busybox,target=/m true",
        "FROM debian:12.5\nRUN --mount=from=»busybox:latest,target=/m true",
        "FROM debian:12.5 AS A\nFROM »a2",
        "FROM debian:12.5 AS a\nFROM »debian",
        "FROM »later\nFROM debian:12.5 AS later",
    ],
    "low": [
        "FROM »debian:stable",
        "FROM »debian:bookworm",
        "FROM »debian:bookworm-slim",
        "FROM »debian:12",
        "FROM »python:3",
        "FROM »python:3.11",
        "FROM »python:3.11-slim-bookworm",
        "FROM »python:slim",
        "FROM »node:lts",
        "FROM »node:lts-alpine",
        "FROM »node:20-alpine",
        "FROM »node:20.11",
        "FROM »alpine:edge",
        "FROM »alpine:3.20",
        "FROM »ubuntu:jammy",
        "FROM »ubuntu:rolling",
        "FROM »nginx:mainline",
        "FROM »nginx:alpine",
        "FROM »rust:nightly",
        "FROM »app:main",
        "FROM »app:master",
        "FROM »app:dev",
        "FROM »app:cu121",
        "FROM »app:v1",
        "FROM »pytorch/pytorch:2.1-cuda12.1-cudnn8-runtime",
        "FROM »nvidia/cuda:11.0-base-ubuntu18.04",
        "FROM »amazonlinux:2",
        "FROM »amazonlinux:2023",
        "FROM »public.ecr.aws/lambda/python:3.12",
        "FROM »openjdk:8-jre-slim",
        "ARG V=3.11\nFROM »python:${V}-slim",
        "FROM debian:12.5\nCOPY --from=»golang:1.22 /a /b",
        "# syntax=»docker/dockerfile:latest\nFROM debian:12.5",
        "# syntax=»docker/dockerfile:master\nFROM debian:12.5",
        "# syntax=»docker/dockerfile\nFROM debian:12.5",
        "# syntax=»docker/dockerfile:experimental\nFROM debian:12.5",
    ],
}

SPECIFIC = [
    "FROM scratch",
    "FROM debian:12.5",
    "FROM debian:12.11-slim",
    "FROM ubuntu:22.04",
    "FROM postgres:16.2",
    "FROM python:3.11.9-slim",
    "FROM alpine:3.20.1",
    f"FROM debian@{DIGEST}",
    f"FROM debian:latest@{DIGEST}",
    f"FROM debian:12@{DIGEST}",
    "FROM reg:5000/debian:12.5",
    "FROM debian:12.5 AS b\nFROM b",
    "FROM debian:12.5 AS B\nFROM b",
    "FROM debian:12.5 AS b\nCOPY --from=B /a /b",
    "FROM debian:12.5\nFROM debian:12.5\nCOPY --from=0 /a /b",
    "FROM debian:12.5 AS b\nFROM debian:12.5\nRUN --mount=from=b,target=/m true",
    f"ARG B=python:3.11.9-slim@{DIGEST}\nFROM ${{B}}",
    "ARG R=reg.io/\nFROM ${R}img:1.2.3",
    f"ARG R\nFROM ${{R}}/img@{DIGEST}",
    "ARG R\nFROM ${R}/img:1.2.3",
    "FROM --platform=$BUILDPLATFORM debian:12.5",
    "# syntax=docker/dockerfile:1\nFROM debian:12.5",
    "# syntax=docker/dockerfile:1.7-labs\nFROM debian:12.5",
    "FROM nvcr.io/nvidia/pytorch:24.01-py3",
    "FROM nvcr.io/nvidia/tensorflow:20.10-tf1-py3",
    "FROM nvcr.io/nvidia/nemo:24.12",
    "FROM nvidia/cuda:12.1.0-base-ubuntu22.04",
    "FROM 763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.0.1-gpu-py310-cu118-ubuntu20.04-sagemaker",
    "FROM tensorflow/tensorflow:2.15.0-gpu",
    "FROM mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:20230101.v1",
    "FROM debian:bookworm-20240110-slim",
    "FROM jupyter/base-notebook:2023-10-20",
    "FROM jupyter/base-notebook:b2562c469cdd",
    "FROM app:9f8e7d6c5b4a3f2e1d0c9b8a7f6e5d4c3b2a1f0e",
    "FROM app:build-4711",
    "FROM app:release-1.2.3",
    "FROM continuumio/anaconda3:2022.10",
    "FROM eclipse-temurin:8u332-b09-jdk",
    "FROM registry.access.redhat.com/ubi8:8.9-1107",
    "FROM debian:12.5\nCOPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/",
]


@pytest.mark.parametrize(("severity", "text"), [(level, text) for level, texts in FLOATING.items() for text in texts])
def test_floating(severity: str, text: str) -> None:
    expect("PIN001", text + "\n", severity=severity)


@pytest.mark.parametrize("text", SPECIFIC)
def test_specific(text: str) -> None:
    silent("PIN001", text + "\n")


def test_unknown_images_are_undecided() -> None:
    for text in ("ARG B\nFROM $B\n", "ARG R\nFROM ${R}\n", "ARG A\nARG B\nFROM ${A}:${B}\n", "ARG B\nFROM x${B}\n"):
        silent("PIN001", text)
        assert undecided(text, ["PIN001"])
    silent("PIN001", Example("ARG B\nFROM $B\n", build_args={"B": "debian:12.5"}))
    expect("PIN001", Example("ARG B\nFROM »$B\n", build_args={"B": "debian"}))


@pytest.mark.parametrize(
    ("asked", "silent_tags", "loud_tags"),
    [
        ("tag", ["3", "3.11", "stable"], ["latest"]),
        ("major", ["3", "3.11"], ["stable", "latest"]),
        ("minor", ["3.11", "3.11-slim"], ["3", "stable", "latest"]),
        ("patch", ["3.11.9"], ["3.11", "3", "latest"]),
        ("digest", ["3.11.9"], ["3.11"]),
    ],
)
def test_depth_of_the_policy(asked: str, silent_tags: list[str], loud_tags: list[str]) -> None:
    policy = {"pinning": {"images": asked}}
    for tag in silent_tags:
        silent("PIN001", Example(f"FROM python:{tag}\n", policy=policy))
    for tag in loud_tags:
        expect("PIN001", Example(f"FROM »python:{tag}\n", policy=policy))


def test_aliases_and_stage() -> None:
    (found,) = findings("FROM debian AS build\n", ["PIN001"])
    assert (found.aliases, found.stage) == (("DL3006",), "build")
    (found,) = findings("FROM debian:latest\n", ["PIN001"])
    assert found.aliases == ("DL3007",)
    (found,) = findings("FROM debian:12\n", ["PIN001"])
    assert found.aliases == ()


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("FROM »debian:12.5\n", True),
        ("FROM »debian\n", True),
        ("ARG B=debian:12.5\nFROM »$B\n", True),
        ("FROM scratch\nCOPY --from=»x:1 /a /b\n", True),
        ("FROM scratch\nRUN --mount=from=»x:1,target=/m true\n", True),
        (f"FROM debian:12.5@{DIGEST}\n", False),
        (f"FROM debian@{DIGEST} AS a\nFROM a\nCOPY --from=a /x /y\n", False),
        ("# syntax=docker/dockerfile:1\nFROM scratch\n", False),
        ("FROM scratch\n", False),
    ],
)
def test_digest(text: str, marked: bool) -> None:
    (expect if marked else silent)("PIN002", text)


@pytest.mark.parametrize(
    "text",
    [
        "FROM »Debian:12.5",
        "FROM »debian@sha256:abc",
        f"FROM »debian@sha256:{'0' * 63}g",
        "FROM »debian@md5:" + "0" * 32,
        "FROM »-debian",
        "FROM »debian:ta:g",
        "FROM »debian:.tag",
        "FROM »reg.io/",
        "FROM »a//b",
        "FROM debian:12.5\nCOPY --from=»UPPER /a /b",
        "FROM debian:12.5\nCOPY --from=»5 /a /b",
        "FROM debian:12.5\nCOPY --from=»1 /a /b\nFROM debian:12.5",
        "FROM debian:12.5\nCOPY --from=»0 /a /b",
        "FROM debian:12.5\nCOPY --from=»-1 /a /b",
        "FROM debian:12.5 AS a\nCOPY --from=»a /a /b",
        "FROM debian:12.5 AS a\nCOPY --from=»A /a /b",
        "FROM debian:12.5 AS a\nCOPY --from=»b /a /b\nFROM debian:12.5 AS b",
        "FROM debian:12.5 AS a\nRUN --mount=from=»b,target=/m true\nFROM debian:12.5 AS b",
        "FROM debian:12.5 AS a\nRUN --mount=from=»a,target=/m true",
        "FROM debian:12.5\nARG S=a\nCOPY --from=»$S /a /b",
        "FROM debian:12.5 AS X\nFROM »X",
    ],
)
def test_malformed(text: str) -> None:
    expect("PIN008", text + "\n", severity="high")


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian",
        "FROM scratch",
        f"FROM reg.io:5000/a/b-c_d.e:Tag_1.2-x@{DIGEST}",
        "FROM localhost/x",
        "FROM debian:12.5 AS a\nFROM debian:12.5\nCOPY --from=0 /a /b\nCOPY --from=a /a /b",
        "FROM debian:12.5\nCOPY --from=nginx:1.2.3 /a /b",
        "FROM debian:12.5\nRUN --mount=from=0,target=/m true",
        "FROM debian:12.5\nCOPY --from= /a /b",
        "ARG B\nFROM $B",
        "ARG T\nFROM debian:$T",
        "ARG T=\nFROM debian:$T",
        "ARG T=\nFROM $T",
        "FROM debian:12.5\nCOPY --from=scratch /a /b",
    ],
)
def test_well_formed(text: str) -> None:
    silent("PIN008", text + "\n")


def test_default_arguments_that_make_no_reference() -> None:
    expect("GAT001", "ARG B=<name>\nFROM »$B\n", severity="high")
    silent("PIN008", "ARG B=<name>\nFROM $B\n")
    silent("GAT001", Example("ARG B=<name>\nFROM $B\n", build_args={"B": "debian:12.5"}))


def test_the_depth_that_is_asked_stays_when_another_setting_is_made() -> None:
    expect("PIN001", Example("FROM »python:3.12\n", policy={"pinning": {"packages": "range"}}), severity="low")
    silent("PIN001", Example("FROM python:3.12\n", policy={"pinning": {"images": "minor"}}))
    expect("PIN001", Example("FROM »python:3\n", policy={"pinning": {"images": "minor"}}), severity="low")


def test_what_stands_beside_an_unknown_part() -> None:
    expect("PIN001", "ARG R\nARG T=latest\nFROM »1.dkr.ecr.$R.amazonaws.com/x:$T\n")
    silent("PIN001", "ARG R\nARG T=1.2.3\nFROM 1.dkr.ecr.$R.amazonaws.com/x:$T\n")
    silent("PIN001", "ARG D\nFROM debian:12.5@sha256:$D\n")
