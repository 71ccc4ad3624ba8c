"""Tables of cases for the base image rules. The day of judgement is fixed, so that the tables do not age."""

from __future__ import annotations

import datetime

import pytest

from gate.image.base import identify
from tests.rules.support import expect, run, silent, undecided

ENDED = [
    "ubuntu:18.04",
    "ubuntu:bionic",
    "docker.io/library/ubuntu:16.04",
    "arm64v8/ubuntu:20.04",
    "public.ecr.aws/docker/library/python:3.7-slim",
    "python:2.7",
    "python:3.8-slim-buster",
    "python:3.6-stretch",
    "node:14",
    "debian:buster-slim",
    "debian:9",
    "centos:8",
    "centos",
    "centos:7.9.2009",
    "quay.io/centos/centos:stream8",
    "alpine:3.6",
    "amazonlinux:1",
    "137112412989.dkr.ecr.us-west-2.amazonaws.com/amazonlinux:1",
    "public.ecr.aws/lts/ubuntu:18.04",
    "amazonlinux:2018.03",
    "fedora:38",
    "nvidia/cuda:11.0-base-ubuntu18.04",
    "nvidia/cuda:10.2-devel-centos7",
    "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:1.8.1-gpu-py36-cu111-ubuntu18.04",
    "public.ecr.aws/lambda/python:3.8",
    "golang:1.15-buster",
]
SUPPORTED = [
    "scratch",
    "ubuntu:24.04",
    "ubuntu:noble",
    "ubuntu:latest",
    "debian:stable",
    "debian:12",
    "debian:bookworm-slim",
    "debian:12.11-slim@sha256:" + "0" * 64,
    "python:3.12",
    "python:3",
    "python:3.13-alpine3.22",
    "python:latest",
    "node:22-alpine",
    "alpine:3.22",
    "amazonlinux:2023",
    "quay.io/centos/centos:stream9",
    "registry.access.redhat.com/ubi9/ubi:9.4",
    "nvidia/cuda:12.4.1-runtime-ubuntu22.04",
    "nvcr.io/nvidia/pytorch:24.01-py3",
    "registry.example.com/team/base:18.04",
    "public.ecr.aws/lambda/python:3.12",
    "ghcr.io/acme/ubuntu1804tool:2.0.0",
]


@pytest.mark.parametrize("image", ENDED)
def test_ended_bases_are_found(image: str) -> None:
    expect("BAS001", f"FROM »{image}\n")


@pytest.mark.parametrize("image", SUPPORTED)
def test_supported_and_unknown_bases_are_left_alone(image: str) -> None:
    silent("BAS001", f"FROM {image}\n")


@pytest.mark.parametrize("image", ["centos:8", "debian:9", "python:3.6-stretch", "centos:7"])
def test_switched_off_mirrors_make_it_high(image: str) -> None:
    expect("BAS001", f"FROM »{image}\n", severity="high")


def test_a_build_stage_weighs_less_than_what_ships() -> None:
    assert run("FROM ubuntu:18.04 AS build\nFROM debian:12.5\n", ["BAS001"]) == [("BAS001", 1, 6, "low")]
    assert run("FROM ubuntu:18.04 AS base\nFROM base\n", ["BAS001"]) == [("BAS001", 1, 6, "medium")]


def test_the_default_of_a_global_arg_is_judged() -> None:
    expect("BAS001", "ARG BASE=ubuntu:18.04\nFROM »${BASE}\n")
    silent("BAS001", "ARG BASE=ubuntu:18.04\nFROM ${BASE}\n", build_args={"BASE": "ubuntu:24.04"})


def test_an_unknown_base_is_undecided() -> None:
    (answer,) = undecided("ARG BASE\nFROM $BASE\n", ["BAS001"])
    assert "BASE" in answer.reason
    assert "--build-arg" in answer.settle


@pytest.mark.parametrize(
    ("reference", "product", "version"),
    [
        ("ubuntu:22.04", "ubuntu", "22.04"),
        ("debian:bookworm-20240101-slim", "debian", "12"),
        ("python:3.11-bullseye", "debian", "11"),
        ("nvidia/cuda:12.1.0-cudnn8-devel-rockylinux8", "rockylinux", "8"),
        ("nvidia/cuda:12.1.0-base-ubi8", "rhel", "8"),
        ("node:20-alpine3.19", "alpine", "3.19"),
        ("localhost:5000/team/x:1.0-ubuntu20.04", "ubuntu", "20.04"),
        ("nvidia/cuda:12.9.0-base-amzn2023", "amazonlinux", "2023"),
        ("registry.access.redhat.com/ubi9/ubi-minimal:9.3", "rhel", "9"),
        ("redhat/ubi10", "rhel", "10"),
        ("gcr.io/distroless/python3-debian12", "debian", "12"),
        ("public.ecr.aws/ubuntu/ubuntu:22.04_stable", "ubuntu", "22.04"),
    ],
)
def test_the_distribution_of_a_reference(reference: str, product: str, version: str) -> None:
    found = identify(reference).distribution
    assert found is not None
    assert (found.product, found.version) == (product, version)


def test_support_ends_after_its_last_day() -> None:
    release = identify("python:3.12").language
    assert release is not None
    assert release.end is not None
    assert not release.ended(release.end)
    assert release.ended(release.end + datetime.timedelta(days=1))


@pytest.mark.parametrize("image", ["$BASE", "${BASE}", "registry.example.com/${BASE}:1.0", "python:$BASE"])
def test_a_base_without_default(image: str) -> None:
    expect("BAS002", f"ARG BASE\nFROM »{image}\n", severity="low")
    silent("BAS002", f"ARG BASE=x\nFROM {image}\n")


@pytest.mark.parametrize(
    "image",
    [
        "openjdk:17",
        "docker.io/library/openjdk:8-jre",
        "centos:7",
        "pytorch/torchserve:0.8.2-gpu",
        "jupyter/scipy-notebook:x",
    ],
)
def test_deprecated_repositories(image: str) -> None:
    expect("BAS003", f"FROM »{image}\n")


@pytest.mark.parametrize(
    "image",
    [
        "registry.example.com/mirror/openjdk:17",
        "quay.io/jupyter/scipy-notebook:x",
        "tensorflow/tensorflow:2.16.1",
        "scratch",
    ],
)
def test_other_repositories(image: str) -> None:
    silent("BAS003", f"FROM {image}\n")


@pytest.mark.parametrize(
    "image", ["${BASE:-debian:12.5}", "${BASE-debian:12.5}", "debian:${TAG:-12.5}", "${BASE:-debian:${TAG:-12.5}}"]
)
def test_a_default_beside_the_variable_is_a_default(image: str) -> None:
    text = f"ARG BASE\nARG TAG\nFROM {image}\n"
    for rule_id in ("BAS001", "BAS002", "PIN001"):
        silent(rule_id, text)
        assert not undecided(text, [rule_id])
    expect("BAS001", "ARG BASE\nFROM »${BASE:-debian:9}\n", severity="high")
    expect("BAS002", "ARG BASE\nARG TAG\nFROM »${BASE:-debian:12.5}-${TAG}\n")


def test_an_empty_default_is_none() -> None:
    for value in ('""', ""):
        expect("BAS002", f"ARG BASE={value}\nFROM »$BASE\n", severity="low")
        silent("GAT001", f"ARG BASE={value}\nFROM $BASE\n")


def test_the_known_part_of_a_name_tells() -> None:
    expect("BAS001", "ARG R\nFROM »1.dkr.ecr.$R.amazonaws.com/x:1.6.0-cpu-py36-ubuntu16.04\n")
    expect("BAS001", "ARG V\nFROM »python:$V-slim-buster\n")
    for image in ("ubuntu:1$V", "python:3.8$V", "python:3.$V", "x:py3$V", "ubuntu:$V.04"):
        silent("BAS001", f"ARG V\nFROM {image}\n")
        assert undecided(f"ARG V\nFROM {image}\n", ["BAS001"])
