"""BLD001–BLD006: tables of commands that hide a failure or cannot work. ``»`` stands where the rule must speak."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest

from gate.rules.build._sources import entry_fault, misspelt, unread_file
from tests.rules.support import expect, findings, run, silent, undecided

BASE = "FROM debian:12.5\n"

# -- BLD001 ------------------------------------------------------------------------------------------------------------

HIDDEN_INSTALLS = [
    "dnf install -y python38 »|| true",
    "apk add python3 && pip3 install pytest »|| true",
    "apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/* »|| true",
    "pip install x »|| :",
    "pip install x »||true",
    "pip install x »|| /bin/true",
    "pip install x »|| exit 0",
    'pip install x »|| echo "no x"',
    "pip install x »|| (echo failed; true)",
    "pip install x »|| { echo failed; }",
    "(pip install x »|| true)",
    "{ pip install x »|| true; } && make",
    "pip install x »|| true && echo ok",
    "echo a; pip install x »|| true; echo b",
    "pip install a || pip install b »|| true",
    "if [ -f r.txt ]; then pip install -r r.txt »|| true; fi",
    "for p in a b; do pip install $p »|| true; done",
    "bash -c 'pip install x »|| true'",
    "python3 -m pip install x »|| true",
    "sudo -E pip install x »|| true",
    "/opt/venv/bin/pip install x »|| true",
    "uv pip install x »|| true",
    "conda install -y x »|| true",
    "npm ci »|| true",
    "yum -y install x »|| true",
    "go install ./... »|| true",
    "dpkg -i x.deb »|| true",
    "rpm -ivh x.rpm »|| true",
    "python setup.py install »|| true",
    "./install.sh »|| true",
    "make »|| true",
    "make -j4 install »|| :",
    "./configure --x »|| true",
    "cmake .. »|| true",
    "gcc -o a a.c »|| true",
    "curl -O https://e.org/x »|| true",
    "wget -q https://e.org/x »|| true",
    "git clone https://e.org/x »|| true",
    "aws s3 cp s3://b/x . »|| true",
    "cd /src && sed -i s/a/b/ f && make && rm -rf /root/.cache »|| true",
    "[ -f x ] && pip install x »|| true",
    "pip install x; »true",
    "pip install x; »:",
    "pip install x; »exit 0",
    "cd /x; make; »true",
    "set -e; »set +e; pip install x; set -e; echo done",
    "set -ex; »set +e; pip install x; echo done",
]
HIDDEN_OTHERS = [
    "sed -i s/a/b/ /etc/x »|| true",
    "chmod 755 /x && /x/compliance.sh »|| true",
    "apt-get update »|| true",
    "cp -r /a /b »|| true",
    "python prepare.py »|| true",
]
HIDDEN_CLEANUP = [
    "rm -r /opt/x »|| true",
    "find / -name '*.pyc' -delete »|| true",
    "find /x -name '*.a' -exec rm {} + »|| true",
    "strip /usr/bin/x »|| :",
    "apt-get purge -y x »|| true",
    "dnf remove -y x »|| true",
    "pip uninstall -y x »|| true",
    "conda clean -afy »|| true",
    "jupyter-kernelspec remove -f python3 »|| true",
    "jupyter kernelspec uninstall -f python3 »|| true",
    "apt-key del 7fa2af80 »|| true",
    "grep -q x /etc/y »|| true",
    "useradd -m app »|| true",
    "groupadd -r app »|| true",
    "mkdir /x »|| true",
    "ln -s /a /b »|| true",
    "which nvcc »|| true",
    "nvcc --version »|| true",
    "ldconfig »|| true",
    "dpkg -i x.deb »|| true; apt-get -f install -y",
]
NOT_HIDDEN = [
    "pip install x",
    "pip install a || pip install b",
    "pip install x || exit 1",
    "make || { echo failed; exit 1; }",
    "make || (echo failed && exit 1)",
    "make || (cat log; false)",
    "true || pip install x",
    "echo 'pip install x || true'",
    "N=$(pip list | grep -c x || true)",
    "export N=$(grep -c x f || true) && pip install x",
    "if make || true; then echo x; fi",
    "for i in 1 2 3; do pip install x && break || sleep 5; done",
    "for s in a b; do gpg --recv-keys --keyserver $s X && break || :; done",
    "pip install x && true",
    "pip install x; make",
    "echo a; true",
    "set -e; pip install x; true",
    "set +e; pip install x",
    "apt-get update && { rm -r /opt/x || true; } && make",
    "make && (grep -q x /etc/y || true)",
    "pip install x # || true",
    "echo x || true",
    "cat <<EOF > f\npip install x || true\nEOF",
]


@pytest.mark.parametrize("line", HIDDEN_INSTALLS)
def test_hidden_installs(line: str) -> None:
    expect("BLD001", f"{BASE}RUN {line}\n", severity="high")


@pytest.mark.parametrize("line", HIDDEN_OTHERS)
def test_hidden_other_commands(line: str) -> None:
    expect("BLD001", f"{BASE}RUN {line}\n", severity="medium")


@pytest.mark.parametrize("line", HIDDEN_CLEANUP)
def test_hidden_cleanup(line: str) -> None:
    expect("BLD001", f"{BASE}RUN {line}\n", severity="low")


@pytest.mark.parametrize("line", NOT_HIDDEN)
def test_failures_that_show(line: str) -> None:
    silent("BLD001", f"{BASE}RUN {line}\n")


def test_the_whole_chain_is_named() -> None:
    (found,) = findings(BASE + "RUN apt-get install -y a && pip install b && rm -r /x || true\n", ["BLD001"])
    assert "apt-get install -y, pip install b" in found.message
    assert "whole chain" in found.message


def test_hidden_in_heredocs_and_other_stages() -> None:
    expect("BLD001", BASE + "RUN <<EOF\npip install x »|| true\nEOF\n")
    expect("BLD001", BASE + "RUN bash -e <<EOF\npip install x »|| true\nEOF\n")
    expect("BLD001", "FROM x AS b\nRUN make »|| true\nFROM y\n")
    silent("BLD001", 'FROM x\nSHELL ["pwsh", "-c"]\nRUN make || true\n')


@pytest.mark.parametrize(
    "line", ["false && true || true", "false; true", "set -e; set +e; false; true", "false || :", "{ false; true; }"]
)
def test_a_shell_agrees_that_nothing_shows(line: str) -> None:
    assert subprocess.run(["sh", "-c", line], check=False).returncode == 0
    assert subprocess.run(["bash", "-c", line], check=False).returncode == 0


# -- BLD002 ------------------------------------------------------------------------------------------------------------

CHAINED = [
    "»cd /opt/app; make",
    "»apt-get update; apt-get install -y x",
    "echo a; »pip install x; echo b",
    "set -x; »pip install x; echo b",
    "»wget https://e.org/x; tar xf x; rm x",
    "»pip install a && pip install x; echo b",
    "if [ -f x ]; then »cd y; make; fi",
    "for d in a b; do »cd $d; make; done",
    "(»cd x; make) && make",
    "{ »cd x; make; }",
    "bash -c '»pip install x; pip check'",
    'bash -lc "»pip install x; pip check"',
    "for p in a b; do »pip install $p; done; echo x",
    "»python a.py; python b.py; set -e; python c.py",
    "case $A in a) »cd x; make ;; esac",
    "»cmake ..; make",
]
NOT_CHAINED = [
    "cd /opt/app && make",
    "set -e; cd /opt/app; make",
    "set -ex; cd /opt/app; make",
    "set -eux; cd /opt/app; make",
    "set -euxo pipefail; cd /opt/app; make",
    "set -o errexit; cd /opt/app; make",
    "set -x; set -e; cd /opt/app; make",
    "set -e && cd /opt/app; make",
    "for p in a b; do pip install $p; done",
    "if [ -f x ]; then make; fi",
    "if [ -f x ]; then make; else cmake; fi",
    "case $A in a) make ;; b) cmake ;; esac",
    "while read p; do pip install $p; done < f",
    "export A=1; make",
    "A=1; make",
    "echo a; make",
    "mkdir -p x; make",
    "rm -rf x; make",
    "cd /tmp; make",
    "cd /root; make",
    "make;",
    "make; true",
    "make || true; echo x",
    ". /etc/profile; make",
    "bash -ec 'cd x; make'",
    "bash -c 'set -e; cd x; make'",
    "echo 'a; b'",
    "python -c 'import a; import b'",
    "sed -e 's/a/b/;s/c/d/' f",
    "find . -exec rm {} \\;",
    "awk '{a; b}' f",
    "X=$(cd /y; pwd) && make",
    "f() { cd x; make; }; f",
    "mysqld & make",
    "(cd x && make &) && sleep 1",
    'echo "deb x; y" > f',
]


@pytest.mark.parametrize("line", CHAINED)
def test_semicolon_chains(line: str) -> None:
    expect("BLD002", f"{BASE}RUN {line}\n", severity="medium")


@pytest.mark.parametrize("line", NOT_CHAINED)
def test_no_chains(line: str) -> None:
    silent("BLD002", f"{BASE}RUN {line}\n")


def test_chains_and_shells() -> None:
    silent("BLD002", BASE + 'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]\nRUN cd x; make\n')
    silent("BLD002", BASE + 'SHELL ["/bin/bash", "-e", "-c"]\nRUN cd x; make\n')
    silent("BLD002", BASE + 'SHELL ["powershell", "-Command"]\nRUN cd x; make\n')
    expect("BLD002", BASE + 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN »cd x; make\n')
    silent("BLD002", BASE + "RUN <<EOF\napt-get update\napt-get install -y x\nEOF\n")
    expect("BLD002", BASE + "RUN <<EOF\n»apt-get update; apt-get install -y x\nEOF\n")
    silent("BLD002", BASE + "RUN set +e; make; echo done\n")
    silent("BLD002", BASE + "RUN <<EOF\nset -e\napt-get update\napt-get install -y x\nEOF\n")
    silent("BLD002", BASE + "RUN cat <<EOF > /x\na; b\nEOF\n")
    silent("BLD002", BASE + 'RUN ["sh", "-c", "make"]\n')
    assert len(findings(BASE + "RUN cd a; cd b; make; (cd c; make)\n", ["BLD002"])) == 1


# -- BLD003 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "severity"),
    [
        ("debian:stable", "high"), ("debian", "high"), ("debian:latest", "high"), ("debian:stable-slim", "high"), ("debian:sid", "high"),
        ("debian:13", "high"), ("debian:trixie-slim", "high"), ("python:3.12-slim-trixie", "high"), ("ubuntu:25.04", "high"),
        ("debian:12.5", "medium"), ("debian:bullseye", "medium"), ("ubuntu:22.04", "medium"), ("ubuntu:latest", "medium"),
        ("python:3.12", "medium"), ("nvidia/cuda:12.4.1-base-ubuntu22.04", "medium"), ("example.org/base:1", "medium"), ("scratch", "medium"),
    ],
)  # fmt: skip
def test_apt_key_by_distribution(base: str, severity: str) -> None:
    expect("BLD003", f"FROM {base}\nRUN curl https://e.org/k | »apt-key add -\n", severity=severity)


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("»apt-key adv --keyserver hkp://k --recv-keys A", "medium"),
        ("sudo »apt-key add k.gpg", "medium"),
        ("»apt-key del 7fa2af80", "low"),
        ("»apt-key list", "low"),
        ("curl https://e.org/k | »apt-key --keyring /usr/share/keyrings/x.gpg add -", "low"),
    ],
)
def test_what_apt_key_does(line: str, severity: str) -> None:
    expect("BLD003", f"FROM ubuntu:22.04\nRUN {line}\n", severity=severity)


def test_apt_key_in_other_places() -> None:
    silent("BLD003", 'FROM debian\nRUN echo "apt-key add"\n')
    expect("BLD003", "FROM debian AS b\nRUN »apt-key add k\nFROM alpine\n", severity="high")
    expect("BLD003", "FROM debian AS b\nFROM b\nRUN »apt-key add k\n", severity="high")
    expect("BLD003", "FROM debian\nRUN if command -v apt-key; then »apt-key add k; fi\n", severity="medium")


# -- BLD004 ------------------------------------------------------------------------------------------------------------

DASH = ["debian:12.5", "ubuntu:24.04", "ubuntu", "python:3.12", "python:3.12-slim", "node:22", "nvidia/cuda:12.4.1-base-ubuntu22.04",
        "continuumio/miniconda3:24.1.2-0", "docker.io/library/debian:12"]  # fmt: skip
NOT_DASH = [
    "alpine:3.20",
    "python:3.12-alpine",
    "rockylinux:9.3",
    "centos:7",
    "fedora:40",
    "amazonlinux:2023",
    "redhat/ubi9:9.4",
]
NOBODY_KNOWS = [
    "example.org/team/base:1",
    "jupyter/base-notebook:x",
    "763104351884.dkr.ecr.us-east-1.amazonaws.com/x:1-ubuntu20.04",
    "$BASE",
]


@pytest.mark.parametrize("base", DASH)
def test_source_under_dash(base: str) -> None:
    expect("BLD004", f"FROM {base}\nRUN »source x && pip install y\n", severity="high")


@pytest.mark.parametrize("base", NOT_DASH)
def test_source_where_sh_knows_it(base: str) -> None:
    silent("BLD004", f"FROM {base}\nRUN source x\n")
    assert undecided(f"FROM {base}\nRUN source x\n", ["BLD004"]) == []


@pytest.mark.parametrize("base", NOBODY_KNOWS)
def test_source_under_an_unknown_shell(base: str) -> None:
    text = f"ARG BASE\nFROM {base}\nRUN source x\nRUN source y\n"
    silent("BLD004", text)
    assert len(undecided(text, ["BLD004"])) == 1


@pytest.mark.parametrize(
    "lines",
    [
        "RUN . x",
        'SHELL ["/bin/bash", "-c"]\nRUN source x',
        "RUN bash -c 'source x'",
        'RUN ["/bin/bash", "-c", "source x"]',
        "RUN bash <<EOF\nsource x\nEOF",
        "RUN <<EOF\n#!/bin/bash\nsource x\nEOF",
        "RUN echo 'source x' >> ~/.bashrc",
        "RUN ln -sf /bin/bash /bin/sh\nRUN source x",
        "RUN ln -sf bash /bin/sh && source x",
        "RUN rm /bin/sh && ln -s /bin/bash /bin/sh\nRUN source x",
        "RUN mv /bin/bash /bin/sh\nRUN source x",
        "RUN echo 'dash dash/sh boolean false' | debconf-set-selections && dpkg-reconfigure dash\nRUN source x",
        "RUN source x || . x",
        "RUN su app -c 'exit' && x --source y",
    ],
)
def test_source_that_works(lines: str) -> None:
    silent("BLD004", f"FROM ubuntu:24.04\n{lines}\n")


@pytest.mark.parametrize(
    "lines",
    [
        "RUN cd /x && »source bin/activate && make",
        "RUN if [ -f x ]; then »source x; fi",
        "RUN sh -c '»source x'",
        'RUN ["sh", "-c", "»source x"]',
        "RUN <<EOF\n»source x\nEOF",
        'SHELL ["/bin/sh", "-ec"]\nRUN »source x',
        'SHELL ["/bin/bash", "-c"]\nRUN source y\nSHELL ["/bin/sh", "-c"]\nRUN »source x',
        "RUN »source x || true",
    ],
)
def test_source_that_does_not(lines: str) -> None:
    expect("BLD004", f"FROM ubuntu:24.04\n{lines}\n")


def test_source_and_stages() -> None:
    expect("BLD004", 'FROM debian:12 AS a\nSHELL ["/bin/bash", "-c"]\nRUN source x\nFROM debian:12\nRUN »source x\n')
    silent("BLD004", 'FROM debian:12 AS a\nSHELL ["/bin/bash", "-c"]\nFROM a\nRUN source x\n')


@pytest.mark.skipif(shutil.which("dash") is None, reason="no dash here")
def test_dash_says_so_itself() -> None:
    done = subprocess.run(["dash", "-c", "source /dev/null"], capture_output=True, text=True, check=False)
    assert done.returncode == 127 and "source: not found" in done.stderr


# -- BLD005 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "ENV »WORKDIR /opt/ml/code",
        "ENV »WORKDIR=/opt/ml/code",
        "ENV A=1 »ENTRYPOINT=/x",
        "ENV »CMD python a.py",
        "ENV »EXPOSE 8080",
        "ENV »VOLUME /data",
        "ENV X=»$(date)",
        'ENV X="»$(date +%s)"',
        "ENV X »$(date +%s)",
        "ENV X=a/»$(uname -m)/b",
        "ENV X=»`date`",
        "ENV X=»$((1+2))",
        "ENV X=»$(ls a-*.tar.gz)",
        "ARG V=»$(cat VERSION)",
        'LABEL built="»$(date)"',
        'ENV X="it\'s »$(date)"',
    ],
)
def test_env_that_does_nothing(line: str) -> None:
    expect("BLD005", f"{BASE}{line}\n", severity="medium")


@pytest.mark.parametrize(
    "lines",
    [
        "ENV WORKDIR=/app\nWORKDIR $WORKDIR",
        "ENV WORKDIR /app\nWORKDIR ${WORKDIR}/x",
        "ENV CMD=serve\nENTRYPOINT exec $CMD",
        "ENV USER=app",
        "ENV SHELL=/bin/bash ENV=prod",
        "ENV workdir=/app WORKDIR_X=/y",
        "ARG WORKDIR=/x",
        "LABEL CMD=x",
        "ENV X='$(date)'",
        'ENV X="\\$(date)"',
        "ENV PS1='$(whoami)' PROMPT_COMMAND=\"$(x)\"",
        "ENV X=$Y Z=${Y}",
        "RUN X=$(date) make",
        "RUN WORKDIR=/x make",
    ],
)
def test_env_that_is_meant(lines: str) -> None:
    silent("BLD005", f"{BASE}{lines}\n")


# -- BLD006 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        'echo "deb https://e.org/apt coral-edgetpu-stable main" | »tee/etc/apt/sources.list.d/c.list',
        "»cd/tmp && make",
        "»rm-rf /x",
        "»mkdir-p /x",
        "»apt-get-install x",
        "»apt-getinstall x",
        "»apt-get isntall x",
        "»apt-get instal x",
        "»apt updgrade",
        "»pip isntall x",
        "»pip3 instal x",
        "»apk ad x",
        "echo x > »/etc/apt/sources.lost.d/x.list",
        "echo x | tee »/etc/apt/source.list.d/x.list",
        "rm -rf »/etc/apt/source.list",
        "cp x.list »/etc/apt/sorces.list.d/",
        "echo x > »/etc/apt/trusted.pgp.d/x.gpg",
        'echo "deb https://e.org/apt »coral-edgetpu-stable/main" > /x',
        'echo "deb https://e.org/apt »jammy" > /x',
        'echo "deb [arch=amd64 signed-by=/k.gpg] https://e.org/apt »stable" | tee /x',
        "echo deb https://e.org/apt »stable > /x",
        'echo "deb »https://e.org/apt" > /x',
        'add-apt-repository "deb https://e.org/apt »jammy"',
        'echo "deb https://e.org/apt ./ »main" > /x',
        'printf "deb https://e.org/a b c\\ndeb https://e.org/a »d\\n" > /x',
        'echo "deb-src https://e.org/apt »jammy" > /x',
        "cat <<EOF > /etc/apt/sources.list.d/x.list\ndeb https://e.org/apt »jammy\nEOF",
    ],
)
def test_typos(line: str) -> None:
    expect("BLD006", f"{BASE}RUN {line}\n", severity="high")


@pytest.mark.parametrize(
    "line",
    [
        'echo "deb https://e.org/apt coral-edgetpu-stable main" | tee /etc/apt/sources.list.d/c.list',
        'echo "deb https://e.org/apt ./" > /x',
        'echo "deb https://e.org/apt /" > /x',
        'echo "deb https://e.org/bin/linux/ubuntu jammy-cran40/" > /x',
        'echo "deb https://e.org/apt $(lsb_release -cs) main" > /x',
        'echo "deb https://e.org/apt $(lsb_release -cs)-pgdg main" > /x',
        'echo "deb https://e.org/apt $SUITE" > /x',
        'echo "deb $MIRROR" > /x',
        'echo "deb $URL stable main" > /x',
        'echo "deb [trusted=yes] file:/var/x ./" > /x',
        "echo deb is a format",
        'echo "deb package installed"',
        "./configure && make",
        "scripts/install.sh",
        "bin/tool --x",
        "$HOME/bin/tool",
        "opt/x/bin/tee",
        "tee /etc/x < y",
        "mv /etc/apt/sources.list /etc/apt/sources.list.bak",
        "cp /etc/apt/sources.list /etc/apt/sources.list~",
        "sed -i s/a/b/ /etc/apt/sources.list",
        "rm -rf /etc/apt/sources.list.d/* /etc/apt/sources.list.d/cuda*.list",
        "install -d /etc/apt/keyrings /etc/apt/keyring",
        "echo x > /etc/apt/apt.conf.d/99x",
        "echo x > /etc/apt/preferences.d/x",
        "apt-get install -y x",
        "apt-get -y install x",
        "apt-get $VERB x",
        "apt list --installed",
        "apt-get autopurge -y",
        "pip config set x y",
        "pip --version",
        "apk --no-cache add x",
        "echo apt-get isntall",
    ],
)
def test_no_typos(line: str) -> None:
    silent("BLD006", f"{BASE}RUN {line}\n")


def test_files_that_apt_does_not_read() -> None:
    expect("BLD006", BASE + "RUN echo x > »/etc/apt/sources.list.d/x.lst\n", severity="medium")
    expect("BLD006", BASE + "RUN echo x | tee »/etc/apt/sources.list.d/x\n", severity="medium")
    expect("BLD006", BASE + "COPY x.txt »/etc/apt/sources.list.d/x.txt\n", severity="medium")
    expect("BLD006", BASE + "COPY x.list »/etc/apt/source.list.d/\n", severity="high")
    silent("BLD006", BASE + "COPY x.sources /etc/apt/sources.list.d/\n")
    silent("BLD006", BASE + "RUN mv /etc/apt/sources.list.d/x.list /etc/apt/sources.list.d/x.list.disabled\n")
    silent("BLD006", BASE + "RUN echo x > /etc/apt/sources.list.d/x.sources\n")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/etc/apt/sources.lost.d/x", ("sources.lost.d", "sources.list.d")),
        ("/etc/apt/source.list", ("source.list", "sources.list")),
        ("/etc/apt/aptconf.d/x", ("aptconf.d", "apt.conf.d")),
        ("/etc/apt/preference.d/x", ("preference.d", "preferences.d")),
        ("/etc/apt/sources.list.save", None),
        ("/etc/apt/keyrings/x", None),
        ("/etc/apt/auth.conf.d/x", None),
        ("/etc/yum/sources.lost.d", None),
    ],
)
def test_misspelt_paths(path: str, wanted: tuple[str, str] | None) -> None:
    assert misspelt(path) == wanted


def test_names_in_the_source_folder() -> None:
    assert unread_file("/etc/apt/sources.list.d/x.repo") == "x.repo"
    assert unread_file("/etc/apt/sources.list.d/x.list") is None
    assert unread_file("/etc/apt/sources.list.d/x.list.bak") is None
    assert unread_file("/etc/apt/sources.list.d/") is None


def test_entries() -> None:
    assert entry_fault("deb https://e.org/apt jammy main universe") is None
    assert entry_fault("deb [a=b] https://e.org/apt jammy/main") == (
        "jammy/main",
        "is a suite without a component: a blank is missing in front of it",
    )
    assert entry_fault("debian https://e.org/apt jammy") is None


def test_hostile_commands_take_no_time() -> None:
    start = time.process_time()
    rules = [f"BLD00{number}" for number in range(1, 7)]
    run(BASE + "RUN " + "a || " * 3000 + "true\n", rules)
    run(BASE + "RUN " + "a; " * 6000 + "true\n", rules)
    run(BASE + "RUN " + "(" * 2000 + "pip install x" + ")" * 2000 + " || true\n", rules)
    run(BASE + 'RUN echo "deb ' + "[" * 5000 + '"\n', rules)
    run(BASE + "ENV X=" + "$(" * 5000 + "\n", rules)
    assert time.process_time() - start < 20


# BLD007 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        ("FROM debian:12\nCOPY »a.txt /\n", {"b.txt": ""}),
        ("FROM debian:12\nCOPY »A.txt /\n", {"a.txt": ""}),
        ("FROM debian:12\nADD »a.tgz /x/\n", {}),
        ("FROM debian:12\nCOPY b.txt »a.txt /x/\n", {"b.txt": ""}),
        ("FROM debian:12\nARG F=a.txt\nCOPY »$F /x/\n", {}),
        ("FROM debian:12 AS one\nCOPY »a.txt /x/\nFROM debian:12\nCOPY --from=one /x /x\n", {}),
        ("FROM scratch AS one\nCOPY b.txt /b\nFROM debian:12\nCOPY --from=one »/a /x\n", {"b.txt": ""}),
    ],
)
def test_build_stops(dockerfile: str, files: dict[str, str]) -> None:
    expect("BLD007", dockerfile, files=files)


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        ("FROM debian:12\nCOPY . /\n", {}),
        ("FROM debian:12\nADD https://example.com/a.txt /\n", {}),
        ("FROM debian:12\nARG F\nCOPY $F /x/\n", {}),
        ("FROM debian:12\nCOPY *.txt /x/\n", {"b.md": ""}),
        ("FROM debian:12 AS unused\nCOPY a.txt /x/\nFROM debian:12\n", {}),
        ("FROM debian:12\nCOPY <<E /x\na\nE\n", {}),
        ("FROM debian:12\nCOPY a.txt /x/\n", {"a.txt": "", ".dockerignore": "a.txt\n"}),  # MLA006 tells it
        ("FROM debian:12 AS one\nRUN make\nFROM debian:12\nCOPY --from=one /opt/a /x\n", {}),
    ],
)
def test_build_goes_on(dockerfile: str, files: dict[str, str]) -> None:
    silent("BLD007", dockerfile, files=files)


def test_a_broken_ignore_file_stops_the_build() -> None:
    expect("BLD007", "»FROM debian:12\nCOPY a /\n", files={"a": "", ".dockerignore": "[\n"})
