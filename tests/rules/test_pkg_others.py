"""PKG002 to PKG007. ``»`` stands where the rule must speak."""

from __future__ import annotations

import pytest

from gate.facts import facts
from gate.rule import Example
from tests.rules.support import expect, findings, silent, undecided

PYTHON = "FROM python:3.12\n"
DEBIAN = "FROM debian:12.5\n"


@pytest.mark.parametrize(
    "line",
    [
        "pip install »boto3>=1.15.0",
        "pip install »boto3>=1.15.0 »pandas<2 x==1",
        "pip3 install -U »requests>=2.31.0 && pip3 install y==1",
        "pip install »kserve[storage]>=0.11",
        "pip install »foo>1.0",
        "pip install »foo<=2",
        "pip install »foo>=1,<2",
        "pip install »foo >=1.2",
        "pip install \\\n  »foo>=1 \\\n  bar==1",
        "uv pip install »foo>=1",
        "python -m pip install »foo>=1",
        "conda install -y »numpy>=1.2",
        "conda install -y »numpy<2",
        "poetry add »foo>=1",
        "pipx install »foo>=1",
        "apk add »foo>1.2",
        "npm install »foo@>=1.2.0",
    ],
)
def test_redirected(line: str) -> None:
    expect("PKG002", f"{PYTHON}RUN {line}\n", severity="high")


@pytest.mark.parametrize(
    "line",
    [
        "pip install 'foo>=1'",
        'pip install "foo>=1"',
        "pip install foo\\>=1",
        "pip install foo==1 > /dev/null 2>&1",
        "pip install foo==1 >/tmp/log",
        "pip install foo 2>1",
        "pip install foo >> install.log",
        "pip install -r r.txt < /dev/null",
        "echo a>=1",
        "python -c 'x' >2",
        "test 1>2",
        "pip list >1.0",
    ],
)
def test_not_redirected(line: str) -> None:
    silent("PKG002", f"{PYTHON}RUN {line}\n")


def test_exec_form_has_no_redirections() -> None:
    silent("PKG002", PYTHON + 'RUN ["pip", "install", "foo>=1"]\n')


@pytest.mark.parametrize(
    "text",
    [
        "RUN »pip install foo==1",
        "RUN »pip3 install foo==1",
        "RUN »python -m pip install foo==1",
        "RUN »/opt/venv/bin/pip install foo==1",
        "RUN »pip install -r r.txt",
        "RUN »pip install .",
        "RUN »pip install --upgrade pip",
        "RUN »pip download foo==1",
        "RUN »uv pip install --system foo==1",
        "RUN »uv sync --frozen",
        "RUN »pip install foo==1 && rm -rf /tmp/*",
        "RUN rm -rf ~/.cache && »pip install foo==1",
        "RUN »pip install foo==1\nRUN rm -rf /root/.cache",
        "RUN »pip install foo==1 && apt-get clean",
        "ENV PIP_NO_CACHE_DIR=\nRUN »pip install foo==1",
        "ENV UV_NO_CACHE=0\nRUN »uv pip install foo==1",
        "ENV PIP_CACHE_DIR=/cache\nRUN »pip install foo==1",
        "RUN --mount=type=cache,target=/var/cache/apt »pip install foo==1",
        "RUN --mount=type=bind,target=/root/.cache/pip »pip install foo==1",
        "RUN »pip install foo==1\nENV PIP_NO_CACHE_DIR=1",
        "RUN »pip install --cache-dir /c foo==1",
    ],
)
def test_cache_kept(text: str) -> None:
    expect("PKG003", f"{PYTHON}{text}\n", severity="low")


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install --no-cache-dir foo==1",
        "RUN pip install foo==1 --no-cache-dir",
        "RUN pip --no-cache-dir install foo==1",
        "RUN pip install --no-cache foo==1",
        "RUN python -m pip install -q --no-cache-dir -r r.txt",
        "ENV PIP_NO_CACHE_DIR=1\nRUN pip install foo==1",
        "ENV PIP_NO_CACHE_DIR=0\nRUN pip install foo==1",
        "ENV PIP_NO_CACHE_DIR=off\nRUN pip install foo==1",
        "ARG PIP_NO_CACHE_DIR=1\nRUN pip install foo==1",
        "RUN PIP_NO_CACHE_DIR=1 pip install foo==1",
        "RUN export PIP_NO_CACHE_DIR=1; pip install foo==1",
        "RUN --mount=type=cache,target=/root/.cache/pip pip install foo==1",
        "RUN --mount=type=cache,target=/root/.cache pip install foo==1",
        "RUN --mount=type=cache,dst=/root/.cache/,id=pip pip install foo==1",
        "RUN --mount=type=cache,target=/home/u/.cache/pip pip install foo==1",
        "RUN --mount=type=cache,target=/root pip install foo==1",
        "RUN --mount=type=tmpfs,target=/root/.cache pip install foo==1",
        "ENV PIP_CACHE_DIR=/c/pip\nRUN --mount=type=cache,target=/c pip install foo==1",
        "RUN --mount=type=cache,target=/c pip install --cache-dir /c foo==1",
        "RUN pip install foo==1 && rm -rf ~/.cache",
        "RUN pip install foo==1 && rm -rf /root/.cache/pip",
        "RUN pip install foo==1 && rm -rf /root/.cache/*",
        'RUN pip install foo==1 && rm -rf "$HOME/.cache"',
        "RUN pip install foo==1 && pip cache purge",
        "RUN pip install foo==1 && python -m pip cache purge",
        "RUN pip config set global.no-cache-dir false && pip install foo==1",
        "RUN pip install --no-deps ./foo.whl",
        "RUN pip install --no-index --find-links=/w foo==1",
        "RUN pip uninstall -y foo",
        "RUN pip --version",
        "RUN uv pip install --no-cache foo==1",
        "RUN uv --no-cache sync",
        "RUN uv sync -n",
        "ENV UV_NO_CACHE=1\nRUN uv pip install foo==1",
        "RUN --mount=type=cache,target=/root/.cache/uv uv sync",
        "RUN uv sync && uv cache clean",
        "RUN pip install $OPTS foo==1",
    ],
)
def test_no_cache_kept(text: str) -> None:
    silent("PKG003", f"{PYTHON}{text}\n")


def test_cache_counts_only_where_it_ships() -> None:
    build = "FROM python:3.12 AS b\nRUN {}pip install foo==1\n"
    silent("PKG003", build.format("") + "FROM scratch\nCOPY --from=b /x /x\n")
    expect("PKG003", build.format("»") + "FROM b\n")


def test_recommended_packages_are_told_of_in_every_stage() -> None:
    expect("PKG007", "FROM debian:12.5 AS b\nRUN »apt-get install -y curl=1\nFROM scratch\nCOPY --from=b /x /x\n")


def test_unknown_cache_setting_is_undecided() -> None:
    text = PYTHON + "ARG PIP_NO_CACHE_DIR\nRUN pip install foo==1\n"
    silent("PKG003", text)
    assert undecided(text, ["PKG003"])


def test_copied_pip_conf() -> None:
    text = PYTHON + "COPY pip.conf /etc/pip.conf\nRUN {}pip install foo==1\n"
    silent("PKG003", text.format(""), files={"pip.conf": "[global]\nno-cache-dir = true\n"})
    expect("PKG003", text.format("»"), files={"pip.conf": "[global]\ntimeout = 5\n"})


@pytest.mark.parametrize(
    "text",
    [
        "RUN »apt-get update",
        "RUN »apt-get update && apt-get install -y curl",
        "RUN »apt-get -qq update && apt-get install -y curl && apt-get clean",
        "RUN »apt-get update && apt-get install -y curl && rm -rf /tmp/*",
        "RUN »apt-get update && apt-get install -y curl && rm -rf /var/cache/apt/*",
        "RUN rm -rf /var/lib/apt/lists/* && »apt-get update",
        "RUN apt-get update && rm -rf /var/lib/apt/lists/* && »apt-get update && apt-get install -y x",
        "RUN »apt-get update && apt-get install -y curl\nRUN rm -rf /var/lib/apt/lists/*",
        "RUN »apt-get update; rm -rf /var/lib/apt/list/*",
        "RUN sudo »apt-get update",
        "RUN »apt update && apt install -y curl",
        "RUN --mount=type=cache,target=/var/cache/apt »apt-get update",
        'RUN ["»apt-get", "update"]',
    ],
)
def test_lists_kept(text: str) -> None:
    expect("PKG004", f"{DEBIAN}{text}\n", severity="low")


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
        "RUN apt-get update && rm -r -f /var/lib/apt/lists",
        "RUN apt-get update && rm -fr /var/lib/apt/lists/ /tmp/* /var/tmp/*",
        "RUN apt-get update && rm -rf /var/lib/apt/*",
        "RUN apt-get update && rm -rf /var/lib/{apt,dpkg,cache,log}/",
        "RUN apt-get update && cd /var/lib && rm -rf apt dpkg",
        "RUN apt-get update && find /var/lib/apt/lists -type f -delete",
        "RUN apt-get update && apt-get dist-clean",
        "RUN apt-get update && /tmp/clean-up.sh",
        "RUN apt-get update; apt-get install x; rm -rf /var/lib/apt/lists/*; echo done",
        "RUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt apt-get update",
        "RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked apt-get update",
        "RUN --mount=type=tmpfs,target=/var/lib/apt/lists apt-get update",
        "RUN apt-get install -y curl",
        "RUN echo apt-get update",
        "RUN dnf update",
    ],
)
def test_lists_gone(text: str) -> None:
    silent("PKG004", f"{DEBIAN}{text}\n")


def test_lists_count_only_where_they_ship() -> None:
    silent("PKG004", "FROM debian:12.5 AS b\nRUN apt-get update\nFROM scratch\nCOPY --from=b /x /x\n")
    expect("PKG004", "FROM debian:12.5 AS b\nRUN »apt-get update\nFROM b\n")


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("pip install »sklearn", "high"),
        ("pip install numpy==1 »sklearn pandas==2", "high"),
        ("pip install »Sklearn", "high"),
        ("pip install »'sklearn>=0.0'", "high"),
        ("pip install »sklearn==0.0.post1", "high"),
        ("pip install »sklearn==0.0", "medium"),
        ("pip install »pytorch", "high"),
        ("pip install »pytorch==1.0.2", "high"),
        ("pip install »tensorflow-gpu", "high"),
        ("pip install »tensorflow_gpu==2.12.0", "high"),
        ("pip install »tensorflow-gpu==2.4.1", "medium"),
        ("pip install »'tensorflow-gpu<2.5'", "medium"),
        ("pip install »tf-nightly-gpu", "high"),
        ("pip install »skimage", "high"),
        ("pip install »azure", "high"),
        ("pip install »azure==4.0.0", "medium"),
        ("pip install »PIL", "high"),
        ("pip install »cv2", "high"),
        ("pip install »fbprophet", "medium"),
        ("pip install »bs4==0.0.2", "medium"),
        ("uv pip install »sklearn", "high"),
        ("poetry add »sklearn", "high"),
        ("SKLEARN_ALLOW_DEPRECATED_SKLEARN_PACKAGE_INSTALL=True pip install »sklearn", "medium"),
    ],
)
def test_wrong_names(line: str, severity: str) -> None:
    expect("PKG005", f"{PYTHON}RUN {line}\n", severity=severity)


@pytest.mark.parametrize(
    "line",
    [
        "pip install scikit-learn==1.5.2",
        "pip install torch==2.1.0",
        "pip install tensorflow==2.15.0",
        "pip install opencv-python==4.9.0.80",
        "pip install --index-url https://pypi.example.com/simple sklearn",
        "pip install -i https://pypi.example.com/simple sklearn",
        "pip install --no-index --find-links /w sklearn",
        "PIP_INDEX_URL=https://x pip install sklearn",
        "pip install git+https://h/a/sklearn@main#egg=sklearn",
        "pip install ./sklearn",
        "pip uninstall -y sklearn",
        "conda install -y pytorch==2.1.0",
        "apt-get install -y azure",
        "pip install sklearn-pandas==2.2.0",
    ],
)
def test_right_names(line: str) -> None:
    silent("PKG005", f"{PYTHON}RUN {line}\n")


def test_names_in_files_and_private_indexes() -> None:
    text = PYTHON + "COPY r.txt .\nRUN pip install -r r.txt\n"
    expect("PKG005", text, files={"r.txt": "numpy==1\n»sklearn # c\n"})
    silent("PKG005", text, files={"r.txt": "--index-url https://x\nsklearn\n"})
    silent("PKG005", PYTHON + "ENV PIP_INDEX_URL=https://x\nRUN pip install sklearn\n")


GET = "https://bootstrap.pypa.io/get-pip.py"


@pytest.mark.parametrize(
    "text",
    [
        f"FROM ubuntu:18.04\nRUN curl -O {GET} && »python3 get-pip.py\n",
        f"FROM ubuntu:18.04\nRUN wget {GET} && »python get-pip.py --user\n",
        f"FROM ubuntu:18.04\nRUN curl -sSL {GET} | »python3\n",
        f"FROM ubuntu:18.04\nRUN curl -sSL {GET} | »python3 -\n",
        f"FROM ubuntu:18.04\nRUN curl -o /tmp/get-pip.py {GET}\nRUN »python3 /tmp/get-pip.py 'pip<21'\n",
        f"FROM ubuntu:18.04\nADD {GET} /tmp/\nRUN »python3 /tmp/get-pip.py\n",
        f"FROM ubuntu:22.04\nRUN wget {GET} && »python3.7 get-pip.py\n",
        f"FROM python:3.8-slim\nRUN wget {GET} && »python get-pip.py\n",
        f"FROM python:3.9.18\nRUN wget {GET} && »python3 get-pip.py\n",
        f"FROM debian:11\nRUN curl {GET} | »python3\n",
        f"FROM nvidia/cuda:11.0.3-base-ubuntu18.04\nRUN curl {GET} | »python3\n",
        f"FROM centos:7\nRUN curl {GET} | »python\n",
        f"FROM ubuntu:22.04\nRUN curl {GET} | »python2\n",
        "FROM ubuntu:16.04\nRUN apt-get install -y python3-pip && »pip3 install --upgrade pip\n",
        f"FROM someone/image:1.0.0\nRUN curl {GET} | »python2\n",
        f"FROM ubuntu:16.04\nRUN ln -s libboost_python-py35.so libboost_python3.so\nRUN curl {GET} | »python\n",
        f"FROM ubuntu:16.04\nRUN ln -sf /usr/bin/python3.6 /usr/bin/python && curl -O {GET} && »python get-pip.py 'pip<19'\n",
        "FROM ubuntu:16.04\nRUN »pip install -U pip setuptools\n",
        "FROM nvidia/cuda:9.0-base-ubuntu16.04\nRUN »python -m pip install --upgrade pip\n",
    ],
)
def test_pip_too_new(text: str) -> None:
    expect("PKG006", text, severity="high")


@pytest.mark.parametrize(
    "text",
    [
        "FROM ubuntu:18.04\nRUN curl -O https://bootstrap.pypa.io/pip/3.6/get-pip.py && python3 get-pip.py\n",
        "FROM ubuntu:18.04\nRUN curl -O https://bootstrap.pypa.io/3.6/get-pip.py && python3 get-pip.py\n",
        f"FROM ubuntu:22.04\nRUN curl -O {GET} && python3 get-pip.py\n",
        f"FROM python:3.12\nRUN curl {GET} | python\n",
        f"FROM ubuntu:18.04\nRUN curl -O {GET} && python3.11 get-pip.py\n",
        f"FROM ubuntu:18.04\nRUN echo {GET} && python3 x.py\n",
        f"FROM ubuntu:24.04\nRUN update-alternatives --install /usr/bin/python3 python3 /usr/bin/python3.12 1 && curl {GET} | python3\n",
        "FROM ubuntu:18.04\nRUN python3 get-pip.py\n",
        "FROM ubuntu:18.04\nRUN pip3 install --upgrade pip\n",
        "FROM ubuntu:16.04\nRUN pip3 install 'pip<21'\n",
        "FROM ubuntu:16.04\nRUN pip3 install --upgrade pip==20.3.4\n",
        "FROM ubuntu:16.04\nRUN pip3 install --upgrade 'pip>=19,<21'\n",
        "FROM ubuntu:16.04\nRUN pip3 install setuptools\n",
        "FROM python:3.6\nRUN pip install --upgrade pip\n",
        "FROM ubuntu:16.04\nRUN curl https://bootstrap.pypa.io/pip/3.5/get-pip.py | python3 && pip3 install -U pip\n",
    ],
)
def test_pip_fits(text: str) -> None:
    silent("PKG006", text)


@pytest.mark.parametrize(
    "text",
    [
        f"FROM someone/image:1.0.0\nRUN curl {GET} | python3\n",
        f"FROM ubuntu:18.04\nRUN ln -sf /usr/bin/python3.11 /usr/bin/python3 && curl {GET} | python3\n",
        f"FROM ubuntu:18.04\nRUN curl {GET} | /opt/x/bin/python3\n",
        f"ARG B\nFROM $B\nRUN curl {GET} | python3\n",
    ],
)
def test_unknown_python_is_undecided(text: str) -> None:
    silent("PKG006", text)
    assert undecided(text, ["PKG006"])


@pytest.mark.parametrize(
    "line",
    [
        "»apt-get install -y curl",
        "apt-get update && »apt-get install -y curl=1 && rm -rf /x",
        "»apt-get install -y --install-recommends curl",
        "»apt-get install -y --no-install-recommends=false curl",
        "»apt-get install -y --no-install-suggests curl",
        "»apt install -y curl",
        "»aptitude install -y curl",
        "sudo »apt-get install -y curl",
        "»apt-get install -y ./x.deb",
    ],
)
def test_recommends(line: str) -> None:
    expect("PKG007", f"{DEBIAN}RUN {line}\n", severity="low")


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get install -y --no-install-recommends curl",
        "RUN apt-get --no-install-recommends install -y curl",
        "RUN apt-get install -y curl --no-install-recommends",
        "RUN apt-get install -y --install-recommends=false curl",
        "RUN apt-get -o APT::Install-Recommends=false install -y curl",
        "RUN apt-get install -y -oAPT::Install-Recommends=0 curl",
        "RUN echo 'APT::Install-Recommends \"false\";' > /etc/apt/apt.conf.d/x\nRUN apt-get install -y curl",
        "RUN echo 'APT::Install-Recommends 0;' >> /etc/apt/apt.conf && apt-get install -y curl",
        "RUN aptitude -R install curl",
        "RUN aptitude install --without-recommends curl",
        "RUN apt-get update",
        "RUN apt-get upgrade -y",
        "RUN apt-get install -y -f",
        "RUN apk add curl",
        "ARG F\nRUN apt-get install -y $F curl",
    ],
)
def test_no_recommends(text: str) -> None:
    silent("PKG007", f"{DEBIAN}{text}\n")


def test_aliases() -> None:
    wanted = {"PKG003": ("DL3042",), "PKG004": ("DL3009",), "PKG007": ("DL3015",)}
    text = "FROM debian:12.5\nRUN apt-get update && apt-get install -y python3-pip && pip install foo==1\n"
    assert {finding.rule_id: finding.aliases for finding in findings(text, wanted)} == wanted
    (found,) = findings(f"{PYTHON}RUN uv pip install foo==1\n", ["PKG003"])
    assert found.aliases == ()


def test_the_facts_are_sound() -> None:
    table = facts("packages")
    for name, row in table["pypi"].items():
        assert name == name.lower().replace("_", "-")
        assert row.keys() <= {"use", "refused", "allowed-by", "why"}
        assert row["use"] and row["why"]
    for releases in table["distributions"].values():
        for row in releases.values():
            assert row.keys() <= {"python3", "python", "old-pip"}
    assert all(isinstance(version, str) for version in table["get-pip"]["versioned"])


def test_old_python_is_told_the_right_address() -> None:
    (found,) = findings(f"FROM ubuntu:18.04\nRUN curl {GET} | python3\n", ["PKG006"])
    assert found.help == "Use https://bootstrap.pypa.io/pip/3.6/get-pip.py."


def test_build_arguments_count() -> None:
    silent(
        "PKG003",
        Example(f"{PYTHON}ARG PIP_NO_CACHE_DIR\nRUN pip install foo==1\n", build_args={"PIP_NO_CACHE_DIR": "1"}),
    )
