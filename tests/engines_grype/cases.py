"""Pins as people write them. ``»`` stands in front of each that has a known vulnerability and is installed; nothing else may
be found. ``unchecked``: what must be listed as not checkable.

numpy 1.16.2, torch 1.13.0, libwebp7 1.2.4-0.2 and so on are vulnerable in the tests' database; numpy 1.26.4 is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    name: str
    dockerfile: str
    files: dict[str, str] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    arguments: dict[str, str] = field(default_factory=dict)
    target: str | None = None


PY = "FROM python:3.9-slim-bookworm\n"
REQ = PY + "COPY requirements.txt /app/\nWORKDIR /app\nRUN pip install -r requirements.txt\n"


def py(name: str, line: str, *unchecked: str, **files: str) -> Case:
    """A case of one RUN on an image with Python 3.9."""
    return Case(name, f"{PY}{line}\n", {key.replace("_", "."): text for key, text in files.items()}, unchecked)


def req(name: str, text: str, *unchecked: str) -> Case:
    """A case of one requirements file."""
    return Case(name, REQ, {"requirements.txt": text}, unchecked)


WORDS = [
    py("plain", "RUN pip install »numpy==1.16.2"),
    py("double quotes", 'RUN pip install "»numpy==1.16.2"'.replace('"»', '»"')),
    py("single quotes", "RUN pip install »'numpy==1.16.2'"),
    py("half quoted", 'RUN pip install »numpy=="1.16.2"'),
    py("escaped", "RUN pip install »numpy\\=\\=1.16.2"),
    py("three equals signs", "RUN pip install »numpy===1.16.2"),
    py("blanks inside", 'RUN pip install »"numpy == 1.16.2"'),
    py("in parentheses", 'RUN pip install »"numpy (==1.16.2)"'),
    py("upper case", "RUN pip install »NumPy==1.16.2"),
    py("dots and underscores", "RUN pip install »mlgate_fixture.nofix==1.0.0"),
    py("with extras", 'RUN pip install »"transformers[torch,sentencepiece]==4.30.0"'),
    py("a local version", "RUN pip install »torch==1.13.0+cu117 --extra-index-url https://download.example.com/cu117"),
    py("a local version of the fixed one", "RUN pip install torch==2.6.0+cu118"),
    py("a post release", "RUN pip install »numpy==1.16.2.post1"),
    py("a release candidate", "RUN pip install »numpy==1.16.3rc1"),
    py("a development version", "RUN pip install »numpy==1.16.3.dev20190401"),
    py("a leading v", "RUN pip install »numpy==v1.16.2"),
    py("an epoch of zero", "RUN pip install »numpy==0!1.16.2"),
    py("an epoch", "RUN pip install numpy==1!1.16.2"),
    py("trailing zeros", "RUN pip install »pyyaml==5.3.0"),
    py("a version that is none", "RUN pip install numpy===not.a-version!", "numpy"),
    py("exact among others", 'RUN pip install »"numpy>=1.10,==1.16.2"'),
    py("both bounds", 'RUN pip install »"numpy>=1.16.2,<=1.16.2"'),
    py("the fixed version", "RUN pip install numpy==1.16.3"),
    py("no version", "RUN pip install numpy", "numpy"),
    py("a floor", 'RUN pip install "numpy>=1.16.2"', "numpy"),
    py("compatible", 'RUN pip install "numpy~=1.16.2"', "numpy"),
    py("a wildcard", 'RUN pip install "numpy==1.16.*"', "numpy"),
    py("a redirection", "RUN pip install numpy>=1.16.2", "numpy"),
    py("excluded", 'RUN pip install "numpy!=1.16.2"', "numpy"),
    py("several", "RUN pip install »numpy==1.16.2 scipy==1.11.0 »torch==1.13.0"),
    py("over several lines", "RUN pip install \\\n    scipy==1.11.0 \\\n    # why\n    »numpy==1.16.2 \\\n    pandas==2.0.0"),
    py("behind options", "RUN pip --no-cache-dir install --index-url https://x.example.com/simple -q »numpy==1.16.2"),
    py("an option that looks like a pin", "RUN pip install --constraint=/none.txt numpy", "numpy", "/none.txt"),
    py("not installed but downloaded", "RUN pip download numpy==1.16.2"),
    py("a dry run", "RUN pip install --dry-run numpy==1.16.2"),
    py("built as a wheel", "RUN pip wheel numpy==1.16.2"),
    py("only said", "RUN echo 'pip install numpy==1.16.2' && pip install numpy==1.26.4"),
    py("a comment", "# RUN pip install numpy==1.16.2\nRUN true # pip install numpy==1.16.2"),
    py("in a label", 'LABEL pin="pip install numpy==1.16.2"'),
    py("in CMD", "CMD pip install numpy==1.16.2 && python app.py"),
    py("exec form", 'RUN ["pip", "install", "»numpy==1.16.2"]'),
    py("a shell of its own", "RUN bash -c 'pip install »numpy==1.16.2'"),
    py("with sudo and env", "RUN sudo -H env A=1 pip3 install »numpy==1.16.2"),
    py("with a time limit", "RUN timeout 600 python3 -m pip install »numpy==1.16.2"),
    py("a subshell", "RUN (cd /tmp && pip install »numpy==1.16.2)"),
    py("a heredoc", "RUN <<EOF\nset -e\npip install »numpy==1.16.2\nEOF"),
    py("a heredoc for bash", "RUN bash <<'EOF'\npip install »numpy==1.16.2\nEOF"),
    py("a heredoc for Python", "RUN python3 <<EOF\nprint('pip install numpy==1.16.2')\nEOF"),
    py("in lower case", "run pip install »numpy==1.16.2"),
    py("a cache mount", "RUN --mount=type=cache,target=/root/.cache pip install »numpy==1.16.2"),
    py("pip of a path", "RUN /opt/venv/bin/pip install »numpy==1.16.2"),
    py("pip of a variable path", "ENV VENV=/opt/venv\nRUN $VENV/bin/pip install »numpy==1.16.2"),
    py("versioned pip", "RUN pip3.9 install »numpy==1.16.2"),
    py("with a target", "RUN pip install --target /opt/libs »numpy==1.16.2"),
    py("for the user", "RUN pip install --user »numpy==1.16.2"),
    py("upgrade to a pin", "RUN pip install -U »numpy==1.16.2"),
    py("windows only", "RUN pip install 'numpy==1.16.2; sys_platform == \"win32\"'"),
    py("linux only", "RUN pip install »'numpy==1.16.2; sys_platform == \"linux\"'"),
    py("an older Python", "RUN pip install \"numpy==1.16.2; python_version < '3.8'\""),
    py("this Python", "RUN pip install »\"numpy==1.16.2; python_version >= '3.8'\""),
    py("this Python or Windows", "RUN pip install »\"numpy==1.16.2; python_version >= '3.8' or os_name == 'nt'\""),
    py("a machine", "RUN pip install \"numpy==1.16.2; platform_machine == 'x86_64'\"", "numpy"),
    py("an extra", "RUN pip install \"numpy==1.16.2; extra == 'dev'\""),
    py("a wheel from an address",
       "RUN pip install »https://files.example.com/numpy-1.16.2-cp39-cp39-manylinux1_x86_64.whl"),
    py("a named wheel", "RUN pip install »'numpy @ https://files.example.com/numpy-1.16.2-cp39-cp39-linux_x86_64.whl'"),
    py("a source archive", "RUN pip install »https://files.example.com/numpy-1.16.2.tar.gz#sha256=" + "a" * 64),
    py("a repository", "RUN pip install git+https://github.com/numpy/numpy@v1.16.2#egg=numpy", "numpy"),
    py("a branch", "RUN pip install 'numpy @ git+https://github.com/numpy/numpy@main'", "numpy"),
    py("a wheel of the context", "COPY *.whl /w/\nRUN pip install »/w/numpy-1.16.2-cp39-cp39-linux_x86_64.whl"),
]  # fmt: skip

LATER = [
    py("uninstalled in the same RUN", "RUN pip install numpy==1.16.2 && pip uninstall -y numpy"),
    py("uninstalled later", "RUN pip install numpy==1.16.2\nRUN pip uninstall -y NumPy"),
    py("another is uninstalled", "RUN pip install »numpy==1.16.2\nRUN pip uninstall -y scipy"),
    py("perhaps uninstalled", 'ARG X\nRUN pip install »numpy==1.16.2\nRUN if [ -n "$X" ]; then pip uninstall -y numpy; fi'),
    py("replaced", "RUN pip install numpy==1.16.2\nRUN pip install numpy==1.26.4"),
    py("replaced in the same line", "RUN pip install numpy==1.16.2 && pip install numpy==1.26.4"),
    py("put back", "RUN pip install numpy==1.26.4\nRUN pip install »numpy==1.16.2"),
    py("upgraded", "RUN pip install numpy==1.16.2\nRUN pip install -U numpy", "numpy"),
    py("named again", "RUN pip install »numpy==1.16.2\nRUN pip install numpy"),
    py("a floor that it meets", "RUN pip install »numpy==1.16.2\nRUN pip install 'numpy>=1.10'"),
    py("a floor above it", "RUN pip install numpy==1.16.2\nRUN pip install 'numpy>=1.20'", "numpy"),
    py("another environment", "RUN /a/bin/pip install »numpy==1.16.2\nRUN /b/bin/pip install numpy==1.26.4"),
    py("another Python", "RUN pip3.8 install »numpy==1.16.2\nRUN pip3.11 install numpy==1.26.4"),
    py("another target", "RUN pip install -t /a »numpy==1.16.2\nRUN pip install -t /b numpy==1.26.4"),
    py("an activated environment", "RUN pip install »numpy==1.16.2\nRUN . /v/bin/activate && pip install numpy==1.26.4"),
    py("an environment by PATH", "RUN pip install »numpy==1.16.2\nENV PATH=/v/bin:$PATH\nRUN pip install numpy==1.26.4"),
    py("the same in the environment", "ENV PATH=/v/bin:$PATH\nRUN pip install numpy==1.16.2\nRUN pip install numpy==1.26.4"),
    py("pip and python -m pip", "RUN pip install numpy==1.16.2\nRUN python -m pip install numpy==1.26.4"),
    py("pipx has its own", "RUN pipx install »numpy==1.16.2\nRUN pip install numpy==1.26.4"),
    py("either or", 'ARG GPU\nRUN if [ "$GPU" ]; then pip install »numpy==1.16.2; else pip install numpy==1.26.4; fi'),
    py("a fallback", "RUN pip install numpy==1.26.4 || pip install »numpy==1.16.2"),
    py("a branch that is not reached", 'ARG GPU=0\nRUN if [ "$GPU" = 1 ]; then pip install numpy==1.16.2; else pip install numpy==1.26.4; fi'),
    py("a branch that is", 'ARG GPU=1\nRUN if [ "$GPU" = 1 ]; then pip install »numpy==1.16.2; else pip install numpy==1.26.4; fi'),
    py("a test that fails", 'ARG GPU=0\nRUN [ "$GPU" = 1 ] && pip install numpy==1.16.2; true'),
    py("conda, then pip over it", "RUN conda install -y numpy=1.16.2\nRUN pip install numpy==1.26.4"),
]  # fmt: skip

VARIABLES = [
    py("ARG with a default", "ARG V=1.16.2\nRUN pip install »numpy==$V"),
    py("ENV in braces", "ENV V=1.16.2\nRUN pip install »numpy==${V}"),
    py("quoted", 'ARG V=1.16.2\nRUN pip install »"numpy==${V}"'),
    py("a default in the word", "RUN pip install »numpy==${V:-1.16.2}"),
    py("no default", "ARG V\nRUN pip install numpy==$V", "numpy"),
    Case("given at build", PY + "ARG V\nRUN pip install »numpy==$V\n", arguments={"V": "1.16.2"}),
    Case("another given at build", PY + "ARG V=1.16.2\nRUN pip install numpy==$V\n", arguments={"V": "1.26.4"}),
    Case("ENV beats what is given", PY + "ARG V\nENV V=1.16.2\nRUN pip install »numpy==$V\n", arguments={"V": "1.26.4"}),
    py("a shell variable", "RUN V=1.16.2 && pip install »numpy==$V"),
    py("an exported one", "RUN export V=1.16.2; pip install »numpy==${V}"),
    py("the whole requirement", "ARG R=numpy==1.16.2\nRUN pip install »$R"),
    py("several in one", 'ENV R="scipy==1.11.0 numpy==1.16.2"\nRUN pip install »$R'),
    py("an array that nobody knows", "RUN pip install $(cat list)", "pip …"),
    Case("ARG in front of FROM", "ARG V=3.9\nFROM python:$V-slim-bookworm\nARG V\nRUN pip install numpy==1.26.4 »numpy-x==1\n".replace("»numpy-x==1", "")),
    Case("the base by ARG", "ARG RELEASE=12\nFROM debian:${RELEASE}\nRUN apt-get install -y »libwebp7=1.2.4-0.2\n"),
    Case("another base by ARG", "ARG RELEASE=12\nFROM debian:${RELEASE}\nRUN apt-get install -y libwebp7=1.2.4-0.2\n", arguments={"RELEASE": "sid"}, unchecked=("libwebp7",)),
]  # fmt: skip

FILES = [
    req("a file", "»numpy==1.16.2\n"),
    req("with comments", "# numpy==1.16.2\nscipy==1.11.0 # numpy==1.16.2\n»numpy==1.16.2  # old\n"),
    req("with CRLF", "scipy==1.11.0\r\n»numpy==1.16.2\r\n"),
    req("without a line end", "scipy==1.11.0\n»numpy==1.16.2"),
    req("with a mark in front", "\ufeff»numpy==1.16.2\n"),
    req("with hashes", "»numpy==1.16.2 \\\n    --hash=sha256:" + "a" * 64 + "\n"),
    req("with options", "--index-url https://x.example.com/simple\n»numpy==1.16.2 --config-settings a=b\n"),
    req("with blanks", "   »numpy  ==  1.16.2   \n"),
    req("with a marker", "numpy==1.16.2; python_version < '3'\nnumpy==1.26.4; python_version >= '3'\n"),
    req("ranges", "numpy>=1.16\npandas\n", "numpy", "pandas"),
    req("empty", ""),
    req("no requirements at all", "\x00\x01 garbage \xff\n<html>\n"),
    Case("nested", REQ, {"requirements.txt": "-r base.txt\n", "base.txt": "numpy==1.16.2\n"}, ("requirements.txt",)),
    Case("nested and copied", PY + "COPY . /app/\nRUN pip install -r /app/requirements.txt\n", {"requirements.txt": "-r sub/base.txt\n", "sub/base.txt": "»numpy==1.16.2\n"}),
    Case("under another name", PY + "COPY deps/prod.in /r.txt\nRUN pip install -r /r.txt\n", {"deps/prod.in": "»numpy==1.16.2\n"}),
    Case("as a mount", PY + "RUN --mount=type=bind,source=r.txt,target=/r.txt pip install -r /r.txt\n", {"r.txt": "»numpy==1.16.2\n"}),
    Case("as a heredoc", PY + "COPY <<EOF /r.txt\n»numpy==1.16.2\nEOF\nRUN pip install -r /r.txt\n"),
    Case("from another stage", PY.replace("\n", " AS a\n") + "COPY r.txt /x/\n" + PY + "COPY --from=a /x/r.txt /\nRUN pip install -r /r.txt\n", {"r.txt": "»numpy==1.16.2\n"}),
    Case("not copied", PY + "RUN pip install -r requirements.txt\n", {"requirements.txt": "numpy==1.16.2\n"}, ("requirements.txt",)),
    Case("ignored", REQ, {"requirements.txt": "numpy==1.16.2\n", ".dockerignore": "*.txt\n"}, ("requirements.txt",)),
    Case("copied and not installed", PY + "COPY requirements.txt /\nRUN pip install flask==3.1.3\n", {"requirements.txt": "numpy==1.16.2\n"}),
    Case("made by the build", PY + "COPY r.in /\nRUN pip-compile r.in -o r.txt && pip install -r r.txt\n", {"r.in": "numpy==1.16.2\n"}, ("r.txt",)),
    Case("changed by sed", PY + "COPY r.txt /\nRUN sed -i s/1.16.2/1.26.4/ /r.txt && pip install -r /r.txt\n", {"r.txt": "numpy==1.16.2\n"}, ("/r.txt",)),
    Case("a constraint", PY + "COPY c.txt /\nRUN pip install -c /c.txt numpy\n", {"c.txt": "scipy==1.11.0\n»numpy==1.16.2\n"}),
    Case("a constraint for nobody", PY + "COPY c.txt /\nRUN pip install -c /c.txt flask==3.1.3\n", {"c.txt": "numpy==1.16.2\n"}),
    Case("a constraint by variable", PY + "COPY c.txt /\nENV PIP_CONSTRAINT=/c.txt\nRUN pip install numpy\n", {"c.txt": "»numpy==1.16.2\n"}),
    Case("a constraint inside", PY + "COPY . /\nRUN pip install -r /r.txt\n", {"r.txt": "-c c.txt\nnumpy\n", "c.txt": "»numpy==1.16.2\n"}),
    Case("a raised constraint", PY + "COPY c.txt /\nRUN pip install -c /c.txt numpy\n", {"c.txt": "numpy==1.26.4\n"}),
    Case("taken away while installing", "FROM debian:12\nRUN apt-get install -y curl=7.88.1-10\nRUN apt-get install -y »libwebp7=1.2.4-0.2 curl-\n"),
    Case("wheels of the context", PY + "COPY w/ /w/\nRUN pip install »/w/*.whl\n", {"w/numpy-1.16.2-cp39-cp39-linux_x86_64.whl": "", "w/scipy-1.11.0-cp39-cp39-linux_x86_64.whl": ""}),
    Case("files in a loop", PY + "COPY r /r\nRUN for f in base gpu; do pip install -r /r/$f.txt; done\n", {"r/base.txt": "»numpy==1.16.2\n", "r/gpu.txt": "»torch==1.13.0\n"}),
    Case("a pip list that names a file", "FROM continuumio/miniconda3\nCOPY . /a\nRUN conda env create -f /a/e/environment.yml\n", {"e/environment.yml": "dependencies:\n- »numpy=1.16.2\n- pip:\n  - -r r.txt\n", "e/r.txt": "»torch==1.13.0\n"}),
    Case("a project handed to uv as a file", PY + "COPY pyproject.toml .\nRUN uv pip install --system -r pyproject.toml\n", {"pyproject.toml": '[project]\ndependencies = ["»numpy==1.16.2"]\n'}),
    Case("a trigger of the parent", "FROM python:3.9-slim-bookworm AS a\nONBUILD RUN pip install »numpy==1.16.2\nFROM a\n"),
    Case("an rpm without its epoch", "FROM redhat/ubi9:9.3\nRUN dnf install -y »openssl-3.0.1-40.el9\n"),
    Case("an rpm with the fix, without its epoch", "FROM redhat/ubi9:9.3\nRUN dnf install -y openssl-3.0.1-43.el9_0\n"),
    Case("an rpm of an epoch before the fix", "FROM redhat/ubi9:9.3\nRUN dnf install -y »openssl-0:3.0.2-1.el9\n"),
    Case("a program of npm", "FROM node:20-slim\nRUN npm install -g »lodash@4.17.20 lodash-es@4.17.20\n"),
    Case("a gem and a crate", "FROM ruby:3.2\nRUN gem install »rack -v 2.2.3 && cargo install »time --version 0.1.43\n"),
    Case("a program of Go", "FROM golang:1.21\nRUN go install »golang.org/x/net/http2/h2i@v0.6.0 golang.org/x/net/html@v0.7.0\n"),
    Case("a Go package inside of a module", "FROM golang:1.21\nRUN go install github.com/a/b/tools/x@v1.0.0 github.com/a/b/cmd/x@v1.0.0\n", {}, ("github.com/a/b/tools/x",)),
    py("an ARG that nobody sets has its default", "ARG V\nRUN pip install »numpy==${V:-1.16.2}"),
    py("an ARG that nobody sets", "ARG V\nRUN pip install numpy==$V", "numpy"),
    py("the same version again", "RUN pip install »numpy==1.16.2\nRUN pip install numpy==1.16.2 flask==3.1.3"),
    Case("a project of setup.cfg", PY + "COPY . /app\nRUN pip install -e /app\n", {"setup.py": "from setuptools import setup\nsetup()\n", "setup.cfg": "[options]\ninstall_requires =\n    »numpy==1.16.2\n"}),
    Case("a project of setup.py", PY + "COPY . /app\nRUN pip install '/app[gpu]'\n", {"setup.py": 'from setuptools import setup\nsetup(name="x", extras_require={"gpu": ["»torch==1.13.0"], "dev": ["numpy==1.16.2"]})\n'}),
    Case("a project of poetry", PY + "COPY . /app\nRUN pip install /app\n", {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.9"\n»numpy = "1.16.2"\nscipy = "^1.0"\n'}, ("scipy",)),
    Case("a project with its requests in a file", PY + "COPY . /app\nRUN pip install /app\n", {"pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = "base.txt"}\n', "base.txt": "»numpy==1.16.2\n"}),
    Case("a project that works out what it asks for", PY + "COPY . /app\nRUN pip install /app\n", {"setup.py": "from setuptools import setup\nsetup(install_requires=found())\n"}, ("pip …",)),
    Case("a project that is fetched", PY + "RUN git clone https://example.com/x /x && pip install /x\n", {}, ("pip …",)),
    Case("a group of a project", PY + "COPY . /app\nWORKDIR /app\nRUN pip install --group all\n", {"pyproject.toml": '[dependency-groups]\nbase = ["»numpy==1.16.2"]\nall = [{include-group = "base"}]\ndev = ["torch==1.13.0"]\n'}),
    Case("a project", PY + "COPY . /app\nWORKDIR /app\nRUN pip install .\n", {"pyproject.toml": '[project]\nname = "x"\ndependencies = [\n  "»numpy==1.16.2",\n]\n'}),
    Case("an editable project with an extra", PY + "COPY . /app\nRUN pip install -e /app[gpu]\n", {"pyproject.toml": '[project]\nname = "x"\n[project.optional-dependencies]\ngpu = ["»torch==1.13.0"]\ndev = ["numpy==1.16.2"]\n'}),
    Case("piped in", PY + "COPY r.txt /\nRUN cat /r.txt | xargs pip install\n", {"r.txt": "numpy==1.16.2\n"}, ("pip …",)),
]  # fmt: skip

MANAGERS = [
    py("uv pip", "RUN uv pip install --system »numpy==1.16.2"),
    py("uv pip sync", "COPY r.txt /\nRUN uv pip sync /r.txt", r_txt="»numpy==1.16.2\n"),
    py("uv add", "RUN uv add »numpy==1.16.2"),
    py("uv tool", "RUN uv tool install »numpy@1.16.2"),
    py("poetry add", "RUN poetry add »numpy@1.16.2"),
    py("poetry add a caret", "RUN poetry add numpy^1.16.2", "numpy"),
    py("pdm add", "RUN pdm add »numpy==1.16.2"),
    py("pipenv install", "RUN pipenv install »numpy==1.16.2"),
    py("easy_install", "RUN easy_install »numpy==1.16.2"),
    py("conda with one sign", "RUN conda install -y -c conda-forge »numpy=1.16.2"),
    py("conda with two", "RUN conda install -y »numpy==1.16.2"),
    py("conda with a build", "RUN conda install -y »numpy=1.16.2=py37h7e9f1db_0"),
    py("conda with a channel", "RUN mamba install -y »conda-forge::numpy=1.16.2"),
    py("conda by another name", "RUN conda install -y »pytorch=1.13.0 -c pytorch"),
    py("conda, fuzzy", "RUN conda install -y numpy=1.16", "numpy"),
    py("conda, no Python package", "RUN conda install -y openssl=1.1.1k", "openssl"),
    py("micromamba", "RUN micromamba install -y -n base »numpy=1.16.2"),
    py("a conda environment", "COPY environment.yml /\nRUN conda env create -f /environment.yml",
       environment_yml="dependencies:\n  - python=3.9\n  - »numpy=1.16.2\n  - pip:\n      - »torch==1.13.0\n"),
    py("conda create", "RUN conda create -y -n ml »numpy=1.16.2\nRUN conda install -y -n other numpy=1.26.4"),
    py("conda remove", "RUN conda install -y numpy=1.16.2\nRUN conda remove -y numpy"),
]  # fmt: skip

DEBIAN, UBUNTU, ALPINE = "FROM debian:12\n", "FROM ubuntu:22.04\n", "FROM alpine:3.18\n"
SYSTEM = [
    Case("apt-get", DEBIAN + "RUN apt-get update && apt-get install -y --no-install-recommends »libwebp7=1.2.4-0.2\n"),
    Case("apt", DEBIAN + "RUN apt install -y »libwebp7=1.2.4-0.2 && rm -rf /var/lib/apt/lists/*\n"),
    Case("an architecture", DEBIAN + "RUN apt-get install -y »libwebp7:amd64=1.2.4-0.2\n"),
    Case("the fixed version of apt", DEBIAN + "RUN apt-get install -y libwebp7=1.2.4-0.2+deb12u1\n"),
    Case("by the source", DEBIAN + "RUN apt-get install -y »libcurl4=7.88.1-10 »curl=7.88.1-10\n"),
    Case("an epoch of apt", DEBIAN + "RUN apt-get install -y »openssh-server=1:9.2p1-2\n"),
    Case("the fixed epoch", DEBIAN + "RUN apt-get install -y openssh-server=1:9.2p1-2+deb12u3\n"),
    Case("without its epoch", DEBIAN + "RUN apt-get install -y »openssh-client=9.2p1-2\n"),
    Case("an epoch that the source lacks", DEBIAN + "RUN apt-get install -y »bsdutils=1:2.38.1-5\n"),
    Case("any version of apt", DEBIAN + "RUN apt-get install -y libwebp7=*\n", unchecked=("libwebp7",)),
    Case("a pattern of apt", DEBIAN + "RUN apt-get install -y 'libwebp7=1.2.4*'\n", unchecked=("libwebp7",)),
    Case("no version of apt", DEBIAN + "RUN apt-get install -y curl\n", unchecked=("curl",)),
    Case("a suite", DEBIAN + "RUN apt-get install -y curl/bookworm-backports\n", unchecked=("curl",)),
    Case("a variable of apt", DEBIAN + "ARG V=1.2.4-0.2\nRUN apt-get install -y »libwebp7=${V}\n"),
    Case("an unknown release", "FROM registry.example.com/base:1\nRUN apt-get install -y libwebp7=1.2.4-0.2\n", unchecked=("libwebp7",)),
    Case("a release by its name", "FROM python:3.9-slim-bookworm\nRUN apt-get install -y »libwebp7=1.2.4-0.2\n"),
    Case("a release in a tag", "FROM nvidia/cuda:12.4.1-base-ubuntu22.04\nRUN apt-get install -y »libssl3=3.0.2-0ubuntu1.10\n"),
    Case("ubuntu", UBUNTU + "RUN apt-get install -y »openssl=3.0.2-0ubuntu1.10 && apt-get install -y locales=2.35-0ubuntu3.8\n"),
    Case("two releases", "FROM debian:11 AS a\nRUN apt-get install -y »libwebp6=0.6.1-2.1\n" + DEBIAN + "COPY --from=a /x /x\nRUN apt-get install -y libwebp7=1.2.4-0.2+deb12u1\n"),
    Case("purged", DEBIAN + "RUN apt-get install -y libwebp7=1.2.4-0.2 && apt-get purge -y libwebp7\n"),
    Case("removed with a pattern", DEBIAN + "RUN apt-get install -y libwebp7=1.2.4-0.2\nRUN apt-get remove -y 'libwebp*'\n"),
    Case("raised by an upgrade", DEBIAN + "RUN apt-get install -y libwebp7=1.2.4-0.2\nRUN apt-get upgrade -y\n", unchecked=("libwebp7",)),
    Case("held back", DEBIAN + "RUN apt-get install -y »libwebp7=1.2.4-0.2 && apt-mark hold libwebp7\nRUN apt-get upgrade -y\n"),
    Case("an upgrade in front", DEBIAN + "RUN apt-get update && apt-get upgrade -y && apt-get install -y »libwebp7=1.2.4-0.2\n"),
    Case("a newest one later", DEBIAN + "RUN apt-get install -y curl=7.88.1-10\nRUN apt-get install -y curl\n", unchecked=("curl",)),
    Case("only simulated", DEBIAN + "RUN apt-get install -s curl=7.88.1-10\n"),
    Case("apk", ALPINE + "RUN apk add --no-cache »openssl=3.1.3-r0\n"),
    Case("apk by the source", ALPINE + "RUN apk add --no-cache »libssl3=3.1.3-r0\n"),
    Case("apk, fixed", ALPINE + "RUN apk add openssl=3.1.4-r0\n"),
    Case("apk, fuzzy", ALPINE + "RUN apk add openssl~=3.1\n", unchecked=("openssl",)),
    Case("apk, above", ALPINE + "RUN apk add 'openssl>3.1'\n", unchecked=("openssl",)),
    Case("apk, deleted", ALPINE + "RUN apk add openssl=3.1.3-r0 && apk del openssl\n"),
    Case("apk, deleted as a group", ALPINE + "RUN apk add --virtual .deps openssl=3.1.3-r0 && apk del .deps\n"),
    Case("apk on Python's image", "FROM python:3.11-alpine3.18\nRUN apk add »openssl=3.1.3-r0\n"),
    Case("dnf", "FROM rockylinux:9\nRUN dnf install -y openssl-3.0.7-6.el9\n"),
    Case("an end of life", "FROM debian:10\nRUN apt-get install -y »openssl=1.1.1k-1\n"),
]  # fmt: skip

TWO = "FROM python:3.9 AS base\nRUN pip install {}numpy==1.16.2\n"
STAGES = [
    Case("copied from", TWO.format("»") + "FROM python:3.9-slim\nCOPY --from=base /usr/local /usr/local\n"),
    Case("built on", TWO.format("»") + "FROM base\nRUN pip install flask==3.1.3\n"),
    Case("replaced in the child", TWO.format("") + "FROM base\nRUN pip install numpy==1.26.4\n"),
    Case("replaced in one of two children", TWO.format("»") + "FROM base AS a\nRUN pip install numpy==1.26.4\nFROM base\nCOPY --from=a /x /x\n"),
    Case("replaced in the child, but copied from", TWO.format("»") + "FROM base\nRUN pip install numpy==1.26.4\nCOPY --from=base /x /x\n"),
    Case("never built", TWO.format("") + "FROM python:3.9-slim\nRUN pip install flask==3.1.3\n"),
    Case("the target", TWO.format("»") + "FROM python:3.9-slim\nRUN pip install torch==1.13.0\n", target="base"),
    Case("behind the target", TWO.format("»") + "FROM base AS last\nRUN pip install torch==1.13.0\n", target="base"),
    Case("the target in capitals", TWO.format("»") + "FROM scratch\n", target="BASE"),
    Case("mounted from", TWO.format("»") + "FROM python:3.9-slim\nRUN --mount=from=base,target=/b cp -r /b/x /x\n"),
    Case("on build of a child", "FROM python:3.9\nONBUILD RUN pip install numpy==1.16.2\n"),
    Case("nothing at all", "FROM scratch\nCOPY x /x\n", {"x": "1"}),
]  # fmt: skip

WHEELS = (
    "FROM python:3.9 AS b\nRUN pip wheel {}numpy==1.16.2 {}\nFROM python:3.9\nCOPY --from=b /build/wheels /wheels\n"
)
STAGES += [
    Case("wheels, all of them", WHEELS.format("»", "-w /build/wheels") + "RUN pip install /wheels/*.whl\n"),
    Case("wheels by name", WHEELS.format("»", "--wheel-dir=/build/wheels") + "RUN pip install --no-index --find-links=/wheels numpy\n"),
    Case("wheels of another folder", WHEELS.format("", "-w /else") + "RUN pip install --find-links /wheels numpy\n", unchecked=("numpy",)),
    Case("wheels that nobody installs", WHEELS.format("", "-w /build/wheels") + "RUN pip install flask==3.1.3\n"),
    Case("a file for apt", DEBIAN + "COPY x.deb /\nRUN apt-get install -y /x.deb\n", {"x.deb": ""}, ("/x.deb",)),
    Case("archives", PY + "RUN pip install ./dist/app.tar.gz dist/*.whl\n", {}, ("./dist/app.tar.gz", "dist/*.whl")),
    Case("the folder of the base", "FROM python:3.9\nCOPY r.txt /\nRUN pip install -r r.txt\n", {"r.txt": "»numpy==1.16.2\n"}),
]  # fmt: skip

UV = """version = 1
requires-python = ">=3.9"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "pandas" },
    { name = "keras", marker = "sys_platform == 'win32'" },
    { name = "joblib", marker = "platform_machine == 'x86_64'" },
]

[package.optional-dependencies]
gpu = [
    { name = "torch" },
]

[package.dev-dependencies]
dev = [
    { name = "flask" },
]

[[package]]
name = "pandas"
version = "1.0.0"
source = { registry = "https://pypi.example.org/simple" }
dependencies = [
    { name = "numpy" },
]

[[package]]
name = "numpy"
version = "1.16.2"
source = { registry = "https://pypi.example.org/simple" }

[[package]]
name = "keras"
version = "3.1.0"
source = { registry = "https://pypi.example.org/simple" }

[[package]]
name = "joblib"
version = "1.0.0"
source = { registry = "https://pypi.example.org/simple" }

[[package]]
name = "torch"
version = "1.13.0"
source = { registry = "https://pypi.example.org/simple" }

[[package]]
name = "flask"
version = "2.3.1"
source = { registry = "https://pypi.example.org/simple" }
"""
POETRY = """# locked
[[package]]
name = "numpy"
version = "1.16.2"
optional = false
groups = ["main"]

[[package]]
name = "flask"
version = "2.3.1"
optional = false
groups = ["dev"]

[[package]]
name = "torch"
version = "1.13.0"
optional = true
groups = ["main"]
markers = "extra == \\"gpu\\""

[[package]]
name = "keras"
version = "3.1.0"
optional = false
groups = ["main"]
markers = "python_version < \\"3.8\\""

[extras]
gpu = ["torch"]

[metadata]
lock-version = "2.1"
"""
PIPENV = """{
    "_meta": {"sources": []},
    "default": {
        "numpy": {
            "version": "==1.16.2"
        },
        "keras": {
            "markers": "python_version < '3.8'",
            "version": "==3.1.0"
        }
    },
    "develop": {
        "flask": {
            "version": "==2.3.1"
        }
    }
}
"""
PDM = """[[package]]
name = "numpy"
version = "1.16.2"
groups = ["default"]

[[package]]
name = "flask"
version = "2.3.1"
groups = ["dev"]
marker = "python_version >= \\"3.8\\""

[[package]]
name = "torch"
version = "1.13.0"
groups = ["gpu"]
"""
PYLOCK = """lock-version = "1.0"

[[packages]]
name = "numpy"
version = "1.16.2"

[[packages]]
name = "flask"
version = "2.3.1"
marker = "'dev' in dependency_groups"
"""
CONDA_LOCK = """version: 1
metadata:
  content_hash: {}
package:
- name: numpy
  version: 1.16.2
  manager: conda
  platform: linux-64
  category: main
- name: numpy
  version: 1.16.2
  manager: conda
  platform: osx-64
  category: main
- name: torch
  version: 1.13.0
  manager: pip
  platform: linux-64
  category: main
- name: flask
  version: 2.3.1
  manager: pip
  platform: linux-64
  category: dev
"""
PIXI = """version: 6
environments:
  default:
    channels:
    - url: https://conda.example.org/conda-forge/
    packages:
      linux-64:
      - conda: https://conda.example.org/conda-forge/linux-64/numpy-1.16.2-py37h7e9f1db_0.conda
      - pypi: https://files.example.org/ab/torch-1.13.0-cp39-cp39-manylinux1_x86_64.whl
      osx-64:
      - pypi: https://files.example.org/ab/flask-2.3.1-py3-none-any.whl
packages:
- conda: https://conda.example.org/conda-forge/linux-64/numpy-1.16.2-py37h7e9f1db_0.conda
"""


def lock(name: str, command: str, file: str, text: str, found: str, *unchecked: str, **more: str) -> Case:
    """A case of one lock file; ``found``: the packages whose names get the mark."""
    for package in found.split():
        for before in (f'\nname = "{package}"', f'"{package}": {{', f"- name: {package}\n", f"/{package}-"):
            if before in text:
                text = text.replace(before, before.replace(package, f"»{package}"), 1)
                break
        else:
            raise AssertionError(package)
    if file == "pixi.lock":  # the word is the address there
        text = "\n".join(
            line.replace("»", "").replace("https:", "»https:") if "»" in line else line for line in text.split("\n")
        )
    files = {file: text, **{key.replace("_", "."): value for key, value in more.items()}}
    return Case(name, f"{PY}COPY . /app/\nWORKDIR /app\nRUN {command}\n", files, unchecked)


LOCKS = [
    lock("uv sync", "uv sync --frozen", "uv.lock", UV, "numpy flask", "joblib"),
    lock("uv without development", "uv sync --locked --no-dev", "uv.lock", UV, "numpy", "joblib"),
    lock("uv with an extra", "uv sync --no-dev --extra gpu", "uv.lock", UV, "numpy torch", "joblib"),
    lock("uv with everything", "uv sync --all-extras --all-groups", "uv.lock", UV, "numpy torch flask", "joblib"),
    lock("uv, only a group", "uv sync --only-group dev", "uv.lock", UV, "flask"),
    lock("uv, default groups", "uv sync", "uv.lock", UV, "numpy", "joblib", pyproject_toml="[tool.uv]\ndefault-groups = []\n"),
    lock("uv by variable", "UV_NO_DEV=1 uv sync", "uv.lock", UV, "numpy", "joblib"),
    lock("poetry install", "poetry install --no-root", "poetry.lock", POETRY, "numpy flask"),
    lock("poetry, main only", "poetry install --only main", "poetry.lock", POETRY, "numpy"),
    lock("poetry without", "poetry install --without dev,docs", "poetry.lock", POETRY, "numpy"),
    lock("poetry with an extra", "poetry install --without dev -E gpu", "poetry.lock", POETRY.replace('markers = "extra == \\"gpu\\""\n', ""), "numpy torch"),
    lock("poetry, an optional group", "poetry install", "poetry.lock", POETRY, "numpy", pyproject_toml="[tool.poetry.group.dev]\noptional = true\n"),
    lock("pipenv", "pipenv install --deploy --system", "Pipfile.lock", PIPENV, "numpy"),
    lock("pipenv sync for development", "pipenv sync --dev", "Pipfile.lock", PIPENV, "numpy flask"),
    lock("pdm", "pdm install", "pdm.lock", PDM, "numpy flask"),
    lock("pdm, production", "pdm sync --prod", "pdm.lock", PDM, "numpy"),
    lock("pdm with a group", "pdm install --prod -G gpu", "pdm.lock", PDM, "numpy torch"),
    lock("pylock", "pip install -r pylock.toml", "pylock.toml", PYLOCK, "numpy"),
    lock("pylock by uv", "uv pip sync pylock.toml", "pylock.toml", PYLOCK, "numpy"),
    lock("conda-lock", "conda-lock install --no-dev conda-lock.yml", "conda-lock.yml", CONDA_LOCK, "numpy torch"),
    lock("pixi", "pixi install --locked", "pixi.lock", PIXI, "numpy torch"),
    lock("nobody installs from it", "pip install flask==3.1.3", "uv.lock", UV, ""),
    lock("broken", "uv sync", "uv.lock", "[[package]]\nname = ", "", "uv.lock"),
    Case("not there", PY + "COPY pyproject.toml .\nRUN uv sync\n", {"pyproject.toml": "[project]\n"}, ("uv.lock",)),
]  # fmt: skip

CASES = [*WORDS, *LATER, *VARIABLES, *FILES, *MANAGERS, *SYSTEM, *STAGES, *LOCKS]
