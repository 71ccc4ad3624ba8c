"""LAY001–LAY005: tables of layers. ``»`` stands where the rule must speak."""

from __future__ import annotations

import time

import pytest

from tests.rules.support import expect, findings, run, silent

BASE = "FROM debian:12.5\n"

# -- LAY001 ------------------------------------------------------------------------------------------------------------

MERGEABLE = [
    "»RUN a\nRUN b\n",
    "»RUN a\n\n\n# a comment\n  # another\nRUN b\n",
    "»RUN a\nRUN b\nRUN c\nRUN d\n",
    "»RUN a || b\nRUN c\n",
    "»RUN a | b\nRUN c | d\n",
    "»RUN a # note\nRUN b\n",
    "»RUN a \\\n  --x \\\n  --y\nRUN b\n",
    "»RUN --mount=type=cache,target=/c a\nRUN --mount=type=cache,target=/c b\n",
    "»RUN --network=none a\nRUN --network=none b\n",
    "»run a\nRun b\n",
    "ENV A=1\n»RUN a\nRUN b\nENV B=1\n»RUN c\nRUN d\n",
    "RUN a && b && c\n»RUN d\nRUN e\n",
    "»RUN d\nRUN e\nRUN a && b && c\n",
    'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n»RUN a\nRUN b\n',
    "»RUN apt-get update && apt-get install -y a\nRUN apt-get update && apt-get install -y b && rm -rf /var/lib/apt/lists/*\n",
    "»RUN pip install --upgrade pip\nRUN pip install -r requirements.txt\n",
    "»RUN pip install a && pip install b\nRUN pip install c\n",
    "»RUN cd /x\nRUN make\n",
]
MERGEABLE_ACROSS_METADATA = [
    "»RUN a\nLABEL k=v\nRUN b\n",
    "»RUN a\nEXPOSE 80\nSTOPSIGNAL SIGINT\nRUN b\n",
    '»RUN a\nCMD ["x"]\nRUN b\n',
    "»RUN a\nHEALTHCHECK NONE\nRUN b\n",
    "»RUN a\nMAINTAINER x\nRUN b\n",
]
NOT_MERGEABLE = [
    "RUN a\n",
    "RUN a && b\nRUN c\n",
    "RUN a\nRUN b && c\n",
    "RUN a; b\nRUN c\n",
    "RUN if a; then b; fi\nRUN c\n",
    "RUN for x in a b; do c; done\nRUN d\n",
    "RUN a\nENV X=1\nRUN b\n",
    "RUN a\nARG X=1\nRUN b\n",
    "RUN a\nCOPY x /x\nRUN b\n",
    "RUN a\nADD x /x\nRUN b\n",
    "RUN a\nWORKDIR /x\nRUN b\n",
    "RUN a\nUSER x\nRUN b\n",
    "RUN a\nVOLUME /x\nRUN b\n",
    'RUN a\nSHELL ["/bin/bash", "-c"]\nRUN b\n',
    "RUN --mount=type=cache,target=/c a\nRUN --mount=type=cache,target=/d b\n",
    "RUN --mount=type=cache,target=/c a\nRUN b\n",
    "RUN --mount=type=secret,id=t a\nRUN --mount=type=secret,id=t b\n",
    "RUN --mount=type=ssh a\nRUN --mount=type=ssh b\n",
    "RUN --network=none a\nRUN --network=host b\n",
    "RUN --security=insecure a\nRUN b\n",
    'RUN ["a"]\nRUN ["b"]\n',
    'RUN a\nRUN ["b"]\n',
    "RUN <<EOF\na\nEOF\nRUN b\n",
    "RUN <<EOF\na\nEOF\nRUN <<EOF\nb\nEOF\n",
    'SHELL ["pwsh", "-c"]\nRUN a\nRUN b\n',
    'SHELL ["cmd", "/S", "/C"]\nRUN a\nRUN b\n',
    "ONBUILD RUN a\nONBUILD RUN b\n",
    "RUN a\nONBUILD RUN b\n",
    "RUN pip install a && pip install b\nRUN npm ci && npm run x\n",
]


@pytest.mark.parametrize("lines", MERGEABLE)
def test_short_runs_side_by_side(lines: str) -> None:
    expect("LAY001", BASE + lines, severity="low")


@pytest.mark.parametrize("lines", MERGEABLE_ACROSS_METADATA)
def test_short_runs_with_metadata_between(lines: str) -> None:
    expect("LAY001", BASE + lines, severity="info")


@pytest.mark.parametrize("lines", NOT_MERGEABLE)
def test_runs_that_stand_apart(lines: str) -> None:
    silent("LAY001", BASE + lines)


def test_one_finding_covers_the_whole_group() -> None:
    (found,) = findings(BASE + "RUN a\nRUN b\n# x\nRUN c --y\n", ["LAY001"])
    assert (found.place.span.line, found.place.span.end_line, found.place.span.end_column) == (2, 5, 10)
    assert "lines 2, 3 and 5" in found.message
    assert found.aliases == ("DL3059",)


@pytest.mark.parametrize("rule", ["LAY001", "LAY002", "LAY003", "LAY004"])
def test_only_stages_that_ship(rule: str) -> None:
    body = (
        "RUN apt-get update\nRUN apt-get install -y x\nCOPY . /a\nRUN chown -R u /a\nRUN rm -rf /var/lib/apt/lists/*\n"
    )
    assert findings("FROM debian:12 AS build\n" + body, [rule])
    silent(rule, "FROM debian:12 AS build\n" + body + "FROM debian:12\nCOPY --from=build /x /x\n")
    assert findings("FROM debian:12 AS base\n" + body + "FROM base\nENV A=1\n", [rule])


# -- LAY002 ------------------------------------------------------------------------------------------------------------

LATE_DELETES = [
    # downloads, clones, archives
    "RUN curl -O https://e.org/f.tgz && tar xf f.tgz\nRUN rm »f.tgz\n",
    "RUN curl -sSLO https://e.org/f.tgz\nRUN rm -f »f.tgz\n",
    "RUN curl -fsSL https://e.org/x -o /tmp/f.tgz\nRUN rm »/tmp/f.tgz\n",
    "RUN curl -fsSL https://e.org/x --output=/tmp/f.tgz\nRUN rm »/tmp/f.tgz\n",
    "RUN curl https://e.org/x > /tmp/f.tgz\nRUN rm »/tmp/f.tgz\n",
    "RUN wget https://e.org/f.tgz\nRUN rm »f.tgz\n",
    "RUN wget -q https://e.org/f.tgz?x=1 -P /tmp\nRUN rm »/tmp/f.tgz\n",
    "RUN wget -O /tmp/x https://e.org/f.tgz\nRUN rm -rf »/tmp/*\n",
    "RUN wget -qO/tmp/x https://e.org/f.tgz\nRUN rm -rf »/tmp\n",
    "RUN cd /opt && wget https://e.org/f.tgz\nRUN cd /opt && rm »f.tgz\n",
    "RUN (cd /opt && wget https://e.org/f.tgz)\nRUN rm »/opt/f.tgz\n",
    "WORKDIR /opt\nRUN wget https://e.org/f.tgz\nWORKDIR /x\nRUN rm »../opt/f.tgz\n",
    "ARG V=1\nRUN wget https://e.org/f-$V.tgz\nRUN rm »f-1.tgz\n",
    "ARG V\nRUN wget https://e.org/f-${V}.tgz\nRUN rm »f-${V}.tgz\n",
    "RUN wget https://e.org/f.tgz -O ~/f.tgz\nRUN rm »$HOME/f.tgz\n",
    "RUN git clone https://e.org/x.git\nRUN rm -rf »x\n",
    "RUN git clone --depth 1 -b v1 https://e.org/x /src\nRUN cd /src && make && cd / && rm -rf »/src\n",
    "RUN git clone https://e.org/x /src\nRUN make -C /src && rm -rf »/src/.git\n",
    "RUN git clone https://e.org/x /src\nRUN rm -rf »/src/tests /src/docs\n",
    "RUN tar xzf boost.tar.gz\nRUN rm -rf »boost\n",
    "RUN cp -r /a /b\nRUN rm -rf »/b\n",
    "RUN unzip x.zip -d /opt/x\nRUN rm -rf »/opt/x\n",
    "RUN unzip -q model.zip\nRUN rm -rf »model\n",
    "RUN python3 -m venv /v\nRUN rm -rf »/v\n",
    "RUN bash Miniconda3.sh -b -p /opt/conda\nRUN rm -rf »/opt/conda/pkgs\n",
    "ADD https://e.org/f.tgz /tmp/\nRUN tar xf /tmp/f.tgz && rm »/tmp/f.tgz\n",
    # caches
    "RUN apt-get update\nRUN apt-get install -y x && rm -rf »/var/lib/apt/lists/*\n",
    "RUN apt-get update && apt-get install -y x\nRUN rm -r »/var/lib/apt/lists\n",
    "RUN apt-get update && apt-get install -y x\nRUN rm -rf /tmp/* »/var/lib/apt/lists/*_*\n",
    "RUN yum install -y x\nRUN »yum clean all\n",
    "RUN yum install -y x\nRUN rm -rf »/var/cache/yum\n",
    "RUN dnf -y upgrade\nRUN »dnf clean all\n",
    "RUN microdnf install x\nRUN »microdnf clean all\n",
    "RUN zypper -n in x\nRUN »zypper clean -a\n",
    "RUN apk add x\nRUN rm -rf »/var/cache/apk/*\n",
    "RUN conda install -y x\nRUN »conda clean -afy\n",
    "RUN conda env create -f e.yml\nRUN »conda clean --all -y\n",
    "RUN mamba install -y x\nRUN »mamba clean -a -y\n",
    "RUN pip install x\nRUN »pip cache purge\n",
    "RUN python3 -m pip install x\nRUN »pip3 cache purge\n",
    "RUN pip install x\nRUN rm -rf »/root/.cache/pip\n",
    "RUN pip install x\nRUN rm -rf »~/.cache\n",
    "USER app\nRUN pip install x\nRUN rm -rf »/home/app/.cache\n",
    "RUN uv pip install --system x\nRUN »uv cache clean\n",
    "RUN npm ci\nRUN »npm cache clean --force\n",
    "RUN yarn install\nRUN »yarn cache clean\n",
    # packages
    "RUN apt-get install -y gcc\nRUN make\nRUN »apt-get purge -y gcc\n",
    "RUN apt-get install -y gcc=4:12.2 make\nRUN »apt-get remove -y make\n",
    "RUN apt-get install -y gcc\nRUN »apt-get autoremove -y gcc\n",
    "RUN apk add --no-cache --virtual .build-deps gcc\nRUN »apk del .build-deps\n",
    "RUN dnf install -y gcc\nRUN »dnf remove -y gcc\n",
    "RUN pip install --no-cache-dir Torch\nRUN »pip uninstall -y torch\n",
    "RUN pip install --no-cache-dir --target /opt/x y\nRUN rm -rf »/opt/x/tests\n",
    "RUN pip install --no-cache-dir -Ut /opt/x y\nRUN rm -rf »/opt/x/tests\n",
    "RUN pip install --no-cache-dir --prefix=/opt/x y\nRUN rm -rf »/opt/x/tests\n",
    "RUN conda create -yp /opt/x python\nRUN rm -rf »/opt/x/tests\n",
    # copies
    "COPY model.tar.gz /tmp/\nRUN tar xf /tmp/model.tar.gz && rm »/tmp/model.tar.gz\n",
    "COPY dist/x.whl /x.whl\nRUN pip install --no-cache-dir /x.whl && rm »/x.whl\n",
    "COPY . /app\nRUN rm -rf »/app\n",
    "COPY . /app\nRUN rm -rf »/app/tests\n",
    "FROM debian:12 AS base\nRUN wget https://e.org/f.tgz\nFROM base\nRUN rm »f.tgz\n",
]
CHEAP_LATE_DELETES = [
    "COPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt && rm »/tmp/requirements.txt\n",
    "COPY install.sh /\nRUN /install.sh && rm »/install.sh\n",
    "RUN apt-get install -y x\nRUN »apt-get clean\n",
]
EFFECTIVE_DELETES = [
    "RUN curl -O https://e.org/f.tgz && tar xf f.tgz && rm f.tgz\n",
    "RUN apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*\n",
    "RUN apt-get update && apt-get install -y x\nRUN apt-get update && apt-get install -y y && rm -rf /var/lib/apt/lists/*\n",
    "RUN rm -rf /var/lib/apt/lists/*\n",
    "RUN rm -rf /tmp/* /var/tmp/* ~/.cache\n",
    "RUN pip install --no-cache-dir x\nRUN pip cache purge\n",
    "RUN pip install --no-cache x\nRUN rm -rf /root/.cache\n",
    "ENV PIP_NO_CACHE_DIR=1\nRUN pip install x\nRUN rm -rf /root/.cache/pip\n",
    "RUN --mount=type=cache,target=/root/.cache/pip pip install x\nRUN rm -rf /root/.cache/pip\n",
    "RUN --mount=type=cache,target=/var/lib/apt/lists apt-get update && apt-get install -y x\nRUN rm -rf /var/lib/apt/lists/*\n",
    "RUN --mount=type=tmpfs,target=/tmp wget -O /tmp/x https://e.org/x\nRUN rm -f /tmp/x\n",
    "RUN pip install x\nRUN --mount=type=cache,target=/root/.cache rm -rf /root/.cache/pip\n",
    "VOLUME /data\nRUN wget -O /data/x https://e.org/x\nRUN rm /data/x\n",
    'VOLUME ["/data"]\nRUN wget -O /data/x https://e.org/x\nRUN rm /data/x\n',
    "RUN wget -O /a/x https://e.org/x\nRUN rm /b/x\n",
    "RUN wget https://e.org/f.tgz\nRUN wget https://e.org/f.tgz && rm f.tgz\n",
    "RUN wget -O - https://e.org/f.tgz | tar x\nRUN rm -rf /x\n",
    "RUN wget -qO- https://e.org/f.tgz | tar x\nRUN rm -rf -- -\n",
    "RUN curl https://e.org/x | sh\nRUN rm -f x\n",
    "RUN git clone https://e.org/x /src\nRUN cd /src && make && rm -rf build\n",
    "COPY . /app\nRUN cd /app && npm run build && rm -rf node_modules\n",
    "RUN apk add --no-cache x\nRUN rm -rf /var/cache/apk/*\n",
    "RUN apt-get purge -y python2\n",
    "RUN apt-get install -y gcc\nRUN apt-get purge -y clang\n",
    "RUN apt-get install -y gcc && make && apt-get purge -y gcc\n",
    "RUN pip install x\nRUN pip uninstall -y y\n",
    "RUN yum install -y x\nRUN yum clean metadata\n",
    "RUN pip install x\nRUN bazel build //x && rm -rf /root/.cache\n",
    "RUN wget https://e.org/f.tgz\nRUN echo rm f.tgz\n",
    "RUN mkdir /x\nRUN rmdir /x\n",
    "RUN unzip x.zip -d /root/\nRUN rm -rf /root/.cache\n",
    "WORKDIR /x\nRUN rm -rf /x\n",
]


@pytest.mark.parametrize("lines", LATE_DELETES)
def test_deletes_that_come_too_late(lines: str) -> None:
    expect("LAY002", lines if lines.startswith("FROM") else BASE + lines, severity="medium")


@pytest.mark.parametrize("lines", CHEAP_LATE_DELETES)
def test_late_deletes_of_small_files(lines: str) -> None:
    expect("LAY002", BASE + lines, severity="low")


@pytest.mark.parametrize("lines", EFFECTIVE_DELETES)
def test_deletes_that_work_or_cannot_be_judged(lines: str) -> None:
    silent("LAY002", BASE + lines)


def test_the_size_in_the_context_decides() -> None:
    lines = BASE + "COPY weights /opt/weights.dat\nRUN load && rm »/opt/weights.dat\n"
    expect("LAY002", lines, files={"weights": "x" * (2 << 20)}, severity="medium")
    expect("LAY002", lines, files={"weights": "x"}, severity="low")


def test_the_context_shows_what_a_copy_brought() -> None:
    lines = BASE + "COPY . /app\nRUN rm -rf »/app/docs && make\n"
    expect("LAY002", lines, files={"docs/a.md": "x", "Makefile": ""})
    silent("LAY002", lines.replace("»", ""), files={"Makefile": ""})


@pytest.mark.parametrize(
    ("lines", "aliases"),
    [
        ("RUN apt-get update\nRUN rm -rf /var/lib/apt/lists/*\n", ("DL3009",)),
        ("RUN dnf install -y x\nRUN dnf clean all\n", ("DL3032", "DL3040")),
        ("RUN zypper -n in x\nRUN zypper clean\n", ("DL3036",)),
        ("RUN yarn install\nRUN yarn cache clean\n", ("DL3060",)),
        ("RUN wget https://e.org/x.tgz\nRUN rm x.tgz\n", ()),
    ],
)
def test_aliases_of_late_deletes(lines: str, aliases: tuple[str, ...]) -> None:
    (found,) = findings(BASE + lines, ["LAY002"])
    assert found.aliases == aliases


# -- LAY003 ------------------------------------------------------------------------------------------------------------

COPIED_UP = [
    "COPY . /app\nRUN »chown -R u /app\n",
    "COPY . /app\nRUN useradd u && »chown -R u:u /app && chmod -R 755 /app\n",
    "COPY . /app/\nRUN »chmod -R 755 /app\n",
    "WORKDIR /app\nCOPY . .\nRUN »chown -R u .\n",
    "WORKDIR /app\nCOPY . ./\nRUN »chgrp -R 0 /app && chmod -R g=u /app\n",
    "COPY . /srv/app\nRUN »chown -R u /srv\n",
    "COPY --from=build /venv /venv\nRUN »chown -R u /venv\n",
    "COPY --chown=root . /app\nRUN »chown --recursive u /app\n",
    "COPY . /app\nRUN »chown -hR u /app\n",
    "RUN git clone https://e.org/x /opt/x\nRUN »chmod -R +x /opt/x\n",
    "RUN git clone https://e.org/x /opt/x\nRUN »chmod -R +x /opt/x/bin\n",
    "RUN python -m venv /venv\nRUN »chown -R u /venv\n",
    "RUN bash Miniconda3.sh -b -p /opt/conda\nRUN »chmod -R 777 /opt/conda\n",
    "RUN wget https://e.org/model.bin\nRUN »mv model.bin /opt/\n",
    "COPY model.tar.gz /tmp/\nRUN »mv /tmp/model.tar.gz /opt/\n",
    "COPY data /data\nRUN »mv /data /opt/data\n",
    "RUN wget https://e.org/model.bin\nRUN »gzip model.bin\n",
    "COPY . /app\nRUN »find /app -type d -exec chmod 755 {} +\n",
    "FROM debian:12 AS base\nCOPY . /app\nFROM base\nRUN »chown -R u /app\n",
    "FROM continuumio/miniconda3:24.1.2-0\nRUN »chmod -R 777 /opt/conda\n",
]
COPIED_UP_CHEAPLY = [
    "RUN curl -o /usr/local/bin/kubectl https://e.org/kubectl\nRUN »chmod +x /usr/local/bin/kubectl\n",
    "ADD https://e.org/tini /tini\nRUN »chmod 755 /tini\n",
    "COPY entry.sh /opt/bin/\nRUN »chmod -R +x /opt/bin\n",
]
NOT_COPIED_UP = [
    "COPY --chown=u . /app\n",
    "COPY entry.sh /entry.sh\nRUN chmod +x /entry.sh\n",
    "COPY train serve /opt/program/\nRUN chmod +x /opt/program/train /opt/program/serve\n",
    "RUN git clone https://e.org/x /opt/x && chmod -R 755 /opt/x\n",
    "RUN mkdir -p /data && chown -R u /data\n",
    "WORKDIR /app\nRUN chown -R u /app\n",
    "RUN useradd -m u\nRUN chown -R u /home/u\n",
    "COPY . /app\nRUN chown u /app\n",
    "COPY . /app\nRUN mkdir /app/logs && chown -R u /app/logs\n",
    "COPY . /app\nRUN chown -R u /other\n",
    "COPY . /app\nRUN cp -r /app /b && chown -R u /b\n",
    "COPY train.py /app/\nRUN mv /app/train.py /app/train\n",
    "RUN wget https://e.org/x && mv x /opt/\n",
    "RUN chmod -R 755 /usr/lib/x\n",
    "RUN pip install x\nRUN chown -R u /root/.cache\n",
    "VOLUME /data\nCOPY . /data\nRUN chown -R u /data\n",
]


@pytest.mark.parametrize("lines", COPIED_UP)
def test_trees_that_are_copied_up(lines: str) -> None:
    expect("LAY003", lines if lines.startswith("FROM") else BASE + lines, severity="medium")


@pytest.mark.parametrize("lines", COPIED_UP_CHEAPLY)
def test_single_files_that_are_copied_up(lines: str) -> None:
    expect("LAY003", BASE + lines, severity="low")


@pytest.mark.parametrize("lines", NOT_COPIED_UP)
def test_changes_within_one_layer_or_of_little_files(lines: str) -> None:
    silent("LAY003", BASE + lines)


def test_a_big_file_of_the_context() -> None:
    big = {"model.dat": "x" * (2 << 20), "sub/x.py": "x"}
    expect("LAY003", BASE + "COPY model.dat /m/model.dat\nRUN »chmod 644 /m/model.dat\n", files=big, severity="medium")
    expect("LAY003", BASE + "COPY . /app\nRUN »chown -R u /app/sub\n", files=big)
    silent("LAY003", BASE + "COPY . /app\nRUN chown -R u /app/nosub\n", files=big)


# -- LAY004 ------------------------------------------------------------------------------------------------------------

ALONE = [
    "RUN »apt-get update\nRUN apt-get install -y x\n",
    "RUN »apt-get -qq update\n",
    "RUN »apt update -y\nRUN apt install -y x\n",
    "RUN sudo »apt-get update\n",
    "RUN »apt-get update --fix-missing\n",
    "RUN echo x > /etc/apt/sources.list && »apt-get update\n",
    "RUN add-apt-repository -y ppa:x && »apt-get update\n",
    "RUN curl https://e.org/k | apt-key add - && »apt-get update\n",
    "RUN »apt-get update && apt-get clean\n",
    "RUN »apk update\nRUN apk add x\n",
    "RUN »zypper ref\nRUN zypper -n in x\n",
    "RUN »dnf makecache\nRUN dnf install -y x\n",
    "FROM debian:12 AS base\nRUN »apt-get update\nFROM base\nRUN apt-get install -y x\n",
]
TOGETHER = [
    "RUN apt-get update && apt-get install -y x\n",
    "RUN apt-get update; apt-get install -y x\n",
    "RUN apt-get update && apt-get upgrade -y\n",
    "RUN apt-get update && apt-get -y dist-upgrade\n",
    "RUN apt-get update && apt install -y x\n",
    "RUN apt-get update && aptitude install -y x\n",
    "RUN apt-get update && ./install.sh\n",
    "RUN apt-get update && bash setup.sh\n",
    "RUN apt-get update && xargs apt-get install -y < p.txt\n",
    "RUN apt-get update && apt-get build-dep -y x\n",
    "RUN apt-get update && curl https://e.org/x | sh\n",
    "RUN apt-get update && playwright install-deps\n",
    "RUN apt-get update && $INSTALL x\n",
    "RUN apt-get update && apt-get autoremove -y x && rm -rf /var/lib/apt/lists/*\n",
    "RUN bash -c 'apt-get update && apt-get install -y x'\n",
    "RUN yum update -y\n",
    "RUN apk add --no-cache x\n",
    "RUN apk update && apk upgrade\n",
    'RUN echo "apt-get update"\n',
]


@pytest.mark.parametrize("lines", ALONE)
def test_index_updates_alone(lines: str) -> None:
    expect("LAY004", lines if lines.startswith("FROM") else BASE + lines, severity="medium")


@pytest.mark.parametrize("lines", TOGETHER)
def test_index_updates_with_their_install(lines: str) -> None:
    silent("LAY004", BASE + lines)


# -- LAY005 ------------------------------------------------------------------------------------------------------------

SOURCES_FIRST = [
    "»COPY . .\nRUN pip install -r requirements.txt\n",
    "»COPY . /app\nRUN cd /app && pip install -r requirements.txt\n",
    "»COPY ./ /app/\nRUN npm ci\n",
    "»ADD . /app\nRUN apt-get update && apt-get install -y x\n",
    "»COPY . .\nRUN pip install flask gunicorn\n",
    "»COPY . .\nRUN conda env update -f environment.yml\n",
    "»COPY . .\nRUN poetry install\n",
    "»COPY . .\nRUN uv sync --frozen\n",
    "»COPY --chown=u . .\nRUN yarn install\n",
    '»COPY [".", "/app"]\nRUN pip install -r /app/requirements.txt\n',
    "»COPY . .\nENV A=1\nRUN echo x\nRUN pip install --upgrade pip && pip install -r r.txt\n",
    "»COPY * /app/\nRUN pip install -r /app/r.txt\n",
]
DEPENDENCIES_FIRST = [
    "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n",
    "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nRUN pip install -e .\n",
    "RUN apt-get install -y x\nCOPY . .\nRUN pip install -r requirements.txt\n",
    "COPY . .\nRUN pip install .\n",
    "COPY . .\nRUN pip install -e '.[dev]'\n",
    "COPY . .\nRUN pip install --upgrade pip\n",
    "COPY . .\nRUN pip install dist/x.whl\n",
    "COPY . .\nRUN make\n",
    "COPY --from=b . .\nRUN pip install -r r.txt\n",
    "COPY src /app/src\nRUN pip install -r r.txt\n",
    "COPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n",
]


@pytest.mark.parametrize("lines", SOURCES_FIRST)
def test_sources_in_front_of_the_install(lines: str) -> None:
    expect("LAY005", BASE + lines, severity="low")


@pytest.mark.parametrize("lines", DEPENDENCIES_FIRST)
def test_dependencies_in_front_of_the_sources(lines: str) -> None:
    silent("LAY005", BASE + lines)


def test_hostile_files_take_no_time() -> None:
    start = time.process_time()
    many = "".join(f"RUN wget https://e.org/f{n}.tgz\nRUN rm /x{n} && chown -R u /y{n}\n" for n in range(1500))
    run(BASE + many, ["LAY001", "LAY002", "LAY003", "LAY004", "LAY005"])
    run(BASE + "RUN rm " + "*/" * 5000 + "\n", ["LAY002"])
    run(BASE + "RUN wget " + "x " * 20000 + "\nRUN rm -rf /*\n", ["LAY002"])
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "text",
    [
        "RUN bash -c '»apt-get update'\n",
        "RUN su -c '»apt-get update'\n",
        "RUN »pacman -Sy\nRUN pacman -S --noconfirm git\n",
        "RUN bash -c 'apt-get update && apt-get install -y git'\n",
        "RUN pacman -Syu --noconfirm\n",
        "RUN pacman -Sy --noconfirm git\n",
        'RUN bash -c "$INSTALL"; apt-get update\n',
    ],
)
def test_lay004_in_shells_and_for_pacman(text: str) -> None:
    (expect if "»" in text else silent)("LAY004", "FROM debian:12.5\n" + text)


@pytest.mark.parametrize(
    "text",
    [
        "RUN mkdir /build && make -C /build\nRUN rm -rf »/build\n",
        "RUN mkdir -p /tmp/b && cd /tmp/b && cmake .. && make install\nRUN rm -rf »/tmp/b\n",
        "RUN mkdir -p /tmp/b && cd /tmp/b && cmake .. && make && rm -rf /tmp/b\nRUN rm -rf /tmp/b\n",
        "RUN wget https://example.com/x.tgz && rm x.tgz\nRUN rm -f x.tgz\n",
        "RUN mkdir /x\nRUN rm -rf /x\n",
    ],
)
def test_lay002_what_a_run_builds_and_does_not_remove_itself(text: str) -> None:
    (expect if "»" in text else silent)("LAY002", "FROM debian:12.5\n" + text)
