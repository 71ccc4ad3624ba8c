"""What the commands of every other package manager install."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from gate.dockerfile.source import Source, Text
from gate.packages.conda import read_environment, read_specs, spec
from gate.packages.model import Pin
from gate.packages.node import npm_pin
from tests.packages.support import installs_in, requests_in, told

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        # uv
        ("uv pip install --system foo", ["foo none"]),
        ("uv pip install -p 3.11 --index-url https://x foo==1", ["foo exact 1"]),
        ("uv --no-cache pip install foo", ["foo none"]),
        ("uv --directory /x pip install foo", ["foo none"]),
        ("uv pip install --torch-backend cpu --index-strategy unsafe-best-match foo", ["foo none"]),
        ("uv pip uninstall foo", ["foo none"]),
        ("uv pip compile r.in", []),
        ("uv add foo 'bar==1'", ["foo none", "bar exact 1"]),
        ("uv add --dev foo", ["foo none"]),
        ("uv tool install ruff", ["ruff none"]),
        ("uv tool install ruff@0.5.0", ["ruff exact 0.5.0"]),
        ("uv tool install ruff@latest", ["ruff none"]),
        ("uv tool install 'ruff==0.5.0' --with foo", ["ruff exact 0.5.0", "foo none"]),
        ("uvx ruff@0.5.0 check .", ["ruff exact 0.5.0"]),
        ("uvx --from foo==1 cmd", ["foo exact 1"]),
        ("uv tool run ruff check", ["ruff none"]),
        ("uv python install 3.12", []),
        ("uv venv /v", []),
        ("uv run python x.py", []),
        ("uv lock", []),
        # poetry and its kin
        ("poetry add foo", ["foo none"]),
        ("poetry add foo@^1.2", ["foo compatible"]),
        ("poetry add foo@1.2.3", ["foo exact 1.2.3"]),
        ("poetry add foo==1.2.3", ["foo exact 1.2.3"]),
        ("poetry add foo@latest", ["foo none"]),
        ("poetry add 'foo>=1'", ["foo range"]),
        ("poetry add foo^1.2", ["foo compatible"]),
        ("poetry add -G dev --extras x foo", ["foo none"]),
        ("poetry self add plugin", ["plugin none"]),
        ("poetry config virtualenvs.create false", []),
        ("poetry export -o r.txt", []),
        ("pdm add foo", ["foo none"]),
        ("pipenv install foo", ["foo none"]),
        # conda
        ("conda install -y numpy", ["numpy none"]),
        ("conda install -c conda-forge -n e numpy=1.26 scipy==1.11.4", ["numpy compatible", "scipy exact 1.11.4"]),
        ("conda create -n e python=3.11 numpy=1.26.4=py311_0", ["python compatible", "numpy hash 1.26.4"]),
        ("conda create --name e --clone base", []),
        ("conda install --file specs.txt", []),
        ("conda install conda-forge::numpy", ["numpy none"]),
        ('conda install "numpy>=1,<2"', ["numpy range"]),
        ("conda update -n base conda", ["conda none"]),
        ("conda remove x", ["x none"]),
        ("conda run -n e python x", []),
        ("mamba install -p /e x", ["x none"]),
        ("micromamba create -f env.yml -n e", []),
        ("micromamba install -r /root x", ["x none"]),
        ("conda install ./x-1.0-0.conda", ["x local 1.0"]),
        ("conda install https://h/x-1.0-py_0.tar.bz2", ["x exact 1.0"]),
        # apt
        ("apt-get install -y curl", ["curl none"]),
        ("apt-get install -y curl=7.1", ["curl exact 7.1"]),
        ("apt-get install -y curl=7.*", ["curl wildcard"]),
        ("apt-get install -t bookworm-backports curl", ["curl none"]),
        (
            "apt-get install curl/bookworm libfoo:amd64 libbar:i386=1.0",
            ["curl none", "libfoo none", "libbar exact 1.0"],
        ),
        ("apt-get install g++ libstdc++6 python3.11", ["g++ none", "libstdc++6 none", "python3.11 none"]),
        ("apt-get install a b-", ["a none"]),
        ("apt-get install ./x.deb /y.deb z.deb", ["- local", "- local", "- local"]),
        ("apt-get install -o X=y -c f curl", ["curl none"]),
        ("apt-get install 'linux-image-.*'", ["linux-image-.* none"]),
        ("apt-get -s install curl", []),
        ("apt-get update", []),
        ("apt-get remove curl", []),
        ("apt-get install curl=$V", ["curl unresolved"]),
        ("aptitude -y install curl", ["curl none"]),
        # apk
        ("apk add curl", ["curl none"]),
        ("apk add --no-cache curl=8.8.0-r0", ["curl exact 8.8.0-r0"]),
        ("apk add 'curl=~8.8' 'git~2' 'jq>1.6'", ["curl compatible", "git compatible", "jq range"]),
        ("apk add --virtual .build gcc", ["gcc none"]),
        ("apk add -t .build gcc", ["gcc none"]),
        ("apk add -X https://x curl@edge '!pyc'", ["curl none"]),
        ("apk add curl@edge=8.8", ["curl exact 8.8"]),
        ("apk --no-cache add ./x.apk", ["- local"]),
        ("apk del curl", []),
        ("apk update", []),
        # rpm
        ("dnf install -y curl", ["curl none"]),
        ("yum install -y curl-7.76.1-26.el9.x86_64", ["curl exact 7.76.1-26.el9"]),
        ("dnf install python3-3.6.8 curl-7.76.1", ["python3 exact 3.6.8", "curl exact 7.76.1"]),
        (
            "yum install java-11-openjdk python3-pip gcc-c++",
            ["java-11-openjdk none", "python3-pip none", "gcc-c++ none"],
        ),
        (
            "yum install cuda-toolkit-12-1 gcc-toolset-12 java-1.8.0-openjdk",
            ["cuda-toolkit-12-1 none", "gcc-toolset-12 none", "java-1.8.0-openjdk none"],
        ),
        ("yum install java-1.8.0-openjdk-1.8.0.312.b07-1.el7", ["java-1.8.0-openjdk exact 1.8.0.312.b07-1.el7"]),
        ("yum install nodejs-16.3.0-1nodesource glibc.i686", ["nodejs exact 16.3.0-1nodesource", "glibc none"]),
        ("yum install mysql-5.7*", ["mysql wildcard"]),
        ("dnf install bind-32:9.16.23-1.el9", ["bind exact 32:9.16.23-1.el9"]),
        (
            "yum install ./x.rpm https://h/foo-1.2.3.rpm https://h/epel-release-latest-9.noarch.rpm",
            ["- local", "- exact 1.2.3", "- movable"],
        ),
        ("dnf module install nodejs:18", ["nodejs:18 none"]),
        ("dnf group install 'Development Tools'", ["Development Tools none"]),
        ("dnf install '@development'", ["@development none"]),
        ("dnf --enablerepo crb --setopt x=1 install curl", ["curl none"]),
        ("microdnf install curl", ["curl none"]),
        ("dnf update", []),
        ("zypper -n in curl git=2.35 'jq>=1.6'", ["curl none", "git exact 2.35", "jq range"]),
        ("zypper install -t pattern devel", ["devel none"]),
        ("zypper in -r repo curl", ["curl none"]),
        # Node
        ("npm install -g foo", ["foo none"]),
        (
            "npm i foo@1.2.3 foo@^1 foo@~1.2 foo@1 foo@1.x foo@latest foo@next",
            [
                "foo exact 1.2.3",
                "foo compatible",
                "foo compatible",
                "foo wildcard",
                "foo wildcard",
                "foo none",
                "foo none",
            ],
        ),
        ("npm add @scope/pkg @scope/pkg@1.0.0", ["@scope/pkg none", "@scope/pkg exact 1.0.0"]),
        ("npm install foo@npm:bar@1.0.0", ["bar exact 1.0.0"]),
        ("npm install --prefix /x --registry https://y foo", ["foo none"]),
        ("npm install ./local ../x file:y z.tgz", ["- local"] * 4),
        (f"npm install git+https://h/a#{COMMIT} git+https://h/a#main user/repo", ["- hash", "- movable", "- movable"]),
        ("npm install foo@$V", ["foo unresolved"]),
        ("npm ci", []),
        ("npm run build", []),
        ("npx foo", []),
        ("yarn add foo@1.2.3 && yarn global add bar", ["foo exact 1.2.3", "bar none"]),
        ("pnpm add -g foo && pnpm i bar", ["foo none", "bar none"]),
        ("bun add foo", ["foo none"]),
        ("yarn build", []),
        # gem, go, cargo
        ("gem install rails", ["rails none"]),
        ("gem install rails -v 7.1.0", ["rails exact 7.1.0"]),
        ("gem install rails --version '~> 7.1'", ["rails compatible"]),
        ("gem install rails:7.1.0 rake", ["rails exact 7.1.0", "rake none"]),
        ("gem install --no-document -i /x rails", ["rails none"]),
        ("gem update --system", []),
        ("go install h.io/x/y@v1.2.3", ["h.io/x/y exact v1.2.3"]),
        ("go install h.io/x/y@latest h.io/z@main", ["h.io/x/y none", "h.io/z none"]),
        ("go install h.io/x/y@v1", ["h.io/x/y compatible"]),
        (f"go install h.io/x/y@{COMMIT}", ["h.io/x/y hash"]),
        ("go install -ldflags '-s -w' h.io/x/y", ["h.io/x/y none"]),
        ("go install ./... && go install . && go build ./cmd && go install", []),
        ("go get -u h.io/x", ["h.io/x none"]),
        ("go run h.io/x@v1.0.0 arg@latest", ["h.io/x exact v1.0.0"]),
        ("go mod download", []),
        ("cargo install ripgrep", ["ripgrep none"]),
        ("cargo install --locked ripgrep --version 14.1.0", ["ripgrep exact 14.1.0"]),
        ("cargo install ripgrep@14.1.0 foo", ["ripgrep exact 14.1.0", "foo none"]),
        ("cargo install ripgrep --version ^14", ["ripgrep compatible"]),
        (f"cargo install --git https://h/a --rev {COMMIT} a", ["a hash"]),
        ("cargo install --git https://h/a --tag v1 a", ["a movable"]),
        ("cargo install --path .", []),
        ("cargo +nightly install foo", ["foo none"]),
        ("cargo build --release", []),
        # R
        ("R -e \"install.packages('a')\"", ["a none"]),
        ("R -e \"install.packages(c('a', 'b'), repos='https://c')\"", ["a none", "b none"]),
        ('Rscript -e \'install.packages("a", repos = "https://p/cran/2024-01-02")\'', ["a exact"]),
        ("R -e \"remotes::install_version('a', '1.2')\"", ["a exact 1.2"]),
        ("R -e \"remotes::install_version('a', version = '1.2', repos='x')\"", ["a exact 1.2"]),
        ("R -e \"remotes::install_github('u/a')\"", ["a movable"]),
        (f"R -e \"remotes::install_github('u/a@{COMMIT}')\"", ["a hash"]),
        ('R -e "renv::restore()"', []),
        ("R -e 'print(1)'", []),
        ("install2.r --error a b", ["a none", "b none"]),
        ("installGithub.r u/a", ["a movable"]),
    ],
)
def test_requests(line: str, wanted: list[str]) -> None:
    assert told(line) == wanted


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("for p in curl git=1; do apt-get install -y $p; done", ["curl none", "git exact 1"]),
        ('for p in "a b" c; do apt-get install -y ${p}; done', ["a none", "b none", "c none"]),
        (
            'for v in 3.11 3.12; do apt-get install -y "python$v-dev"; done',
            ["python3.11-dev none", "python3.12-dev none"],
        ),
        ("for v in 1 2; do if true; then pip install foo==$v; fi; done", ["foo exact 1", "foo exact 2"]),
        ("for a in b c; do for p in d e; do pip install $p; done; done", ["d none", "e none"]),
        ("P='a b'; for p in $P; do pip install $p; done", ["a none", "b none"]),
        # not known
        ("for p in $(cat pkgs) b; do pip install $p; done", ["- unresolved"]),
        ("for p in *; do pip install $p; done", ["- unresolved"]),
        ("for p; do pip install $p; done", ["- unresolved"]),
        ("for f in -y -q; do pip install $f x; done", ["- unresolved", "x none"]),
        ("for p in a; do p=$(b); pip install $p; done", ["- unresolved"]),
        ("for p in a; do true; done; pip install $p", ["- unresolved"]),
        ("for p in a b; do echo $q | xargs pip install $p; done", ["a none", "b none"]),
    ],
)
def test_loops(script: str, wanted: list[str]) -> None:
    assert told(script) == wanted


def test_words_of_a_loop_keep_their_places() -> None:
    first, second = requests_in("for p in curl \\\n git; do apt-get install -y $p; done")
    assert (first.place.line, second.place.line, second.place.span.column) == (2, 3, 2)


@pytest.mark.parametrize(
    ("line", "locks", "frozen"),
    [
        ("uv sync", ("uv.lock",), False),
        ("uv sync --frozen", ("uv.lock",), True),
        ("uv sync --locked --no-dev", ("uv.lock",), True),
        ("poetry install --no-root", ("poetry.lock",), True),
        ("poetry sync", ("poetry.lock",), True),
        ("pdm sync", ("pdm.lock",), True),
        ("pdm install", ("pdm.lock",), False),
        ("pipenv sync", ("Pipfile.lock",), True),
        ("pipenv install --deploy --system", ("Pipfile.lock",), True),
        ("pipenv install", ("Pipfile.lock",), False),
        ("pixi install --locked", ("pixi.lock",), True),
        ("npm ci", ("package-lock.json", "npm-shrinkwrap.json"), True),
        ("npm install", ("package-lock.json", "npm-shrinkwrap.json"), False),
        ("npm install --production", ("package-lock.json", "npm-shrinkwrap.json"), False),
        ("yarn", ("yarn.lock",), False),
        ("yarn install --frozen-lockfile", ("yarn.lock",), True),
        ("pnpm install --frozen-lockfile", ("pnpm-lock.yaml",), True),
    ],
)
def test_locks(line: str, locks: tuple[str, ...], frozen: bool) -> None:
    (install,) = installs_in(line)
    assert (install.locks, install.frozen) == (locks, frozen)


@pytest.mark.parametrize(
    ("line", "files"),
    [
        (
            "pip install -r a.txt -ca.txt --constraint=b.txt",
            [("requirements", "a.txt"), ("constraints", "a.txt"), ("constraints", "b.txt")],
        ),
        ("uv pip sync r.txt", [("requirements", "r.txt")]),
        ("pip-sync", [("requirements", "requirements.txt")]),
        ("pip-sync a.txt b.txt", [("requirements", "a.txt"), ("requirements", "b.txt")]),
        ("conda env create -f e.yml", [("environment", "e.yml")]),
        ("conda env create", [("environment", "environment.yml")]),
        ("mamba env update --file=e.yaml", [("environment", "e.yaml")]),
        ("conda install --file s.txt", [("specs", "s.txt")]),
        ("micromamba create -y -f e.yml", [("environment", "e.yml")]),
    ],
)
def test_files(line: str, files: list[tuple[str, str]]) -> None:
    (install,) = installs_in(line)
    assert [(ref.kind, ref.path) for ref in install.files] == files


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("pip install boto3>=1.15", ["boto3"]),
        ("pip install boto3>=1.15 pandas<2 numpy>1.0,<2 x==1", ["boto3", "pandas", "numpy"]),
        ("pip install boto3 >=1.15", ["boto3"]),
        ("pip install 'kserve'>=0.1", ["kserve"]),
        ("conda install numpy>=1.2", ["numpy"]),
        ("pip install foo > /dev/null", []),
        ("pip install foo >log 2>&1", []),
        ("pip install foo > 1.log", []),
        ("pip install foo 2>1", []),
        ("pip install foo >&2", []),
        ("pip install 'foo>=1'", []),
        ("pip install foo < in", []),
        ("pip install foo 2>/dev/null", []),
    ],
)
def test_redirected(line: str, marked: list[str]) -> None:
    assert [request.name for request in requests_in(line) if request.redirected] == marked


@pytest.mark.parametrize(
    ("value", "pin", "version"),
    [
        ("numpy", Pin.NONE, None),
        ("numpy=1.11", Pin.COMPATIBLE, None),
        ("numpy =1.11", Pin.COMPATIBLE, None),
        ("numpy==1.11", Pin.EXACT, "1.11"),
        ("numpy=1.26.4", Pin.EXACT, "1.26.4"),
        ("numpy=1.26.4=py311_0", Pin.HASH, "1.26.4"),
        ("numpy=1.26.4=*nomkl*", Pin.EXACT, "1.26.4"),
        ("numpy 1.8", Pin.EXACT, "1.8"),
        ("numpy 1.8 py27_0", Pin.HASH, "1.8"),
        ("numpy 1.8*", Pin.WILDCARD, None),
        ("numpy=1.*", Pin.WILDCARD, None),
        ("numpy=*", Pin.NONE, None),
        ("numpy>=1", Pin.RANGE, None),
        ("numpy >=1,<2", Pin.RANGE, None),
        ("numpy=1.2|1.3", Pin.RANGE, None),
        ("numpy>=1.2,<=1.2", Pin.EXACT, "1.2"),
        ("numpy[version='>=1.2']", Pin.RANGE, None),
        ("numpy[version=1.2,build=py_0]", Pin.HASH, "1.2"),
        ("conda-forge/linux-64::numpy=1.2", Pin.COMPATIBLE, None),
        ("_libgcc_mutex=0.1", Pin.COMPATIBLE, None),
        ("https://h/numpy-1.26.4-py311h_0.conda#0123456789abcdef", Pin.HASH, "1.26.4"),
    ],
)
def test_conda_specifications(value: str, pin: Pin, version: str | None) -> None:
    request = spec(value, Text(Source("s", b""), value, ((0, 0),)))
    assert (request.pin, request.version) == (pin, version)


def test_environment_file() -> None:
    data = b"name: x\ndependencies:\n  - python=3.9\n  - 'numpy >=1'\n  - pip:\n    - torch==1.2\n"
    data += b'    - -r r.txt\n    - "foo>=1"  # c\n    - -e git+https://h/a@main\n'
    file = read_environment("e.yml", data)
    assert file is not None
    assert [(ref.kind, ref.path, ref.place.line) for ref in file.files] == [("requirements", "r.txt", 7)]
    assert [(r.name, r.ecosystem, r.pin, r.place.line, r.place.span.column) for r in file.requests] == [
        ("python", "conda", Pin.COMPATIBLE, 3, 5),
        ("numpy", "conda", Pin.RANGE, 4, 6),
        ("torch", "pypi", Pin.EXACT, 6, 7),
        ("foo", "pypi", Pin.RANGE, 8, 8),
        ("", "pypi", Pin.MOVABLE, 9, 7),
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"a: b", b"dependencies: x", b"\x00", b"a: [", b"dependencies:\n- {a: b}\n", b"- " * 5000, b"&a [*a]"],
)
def test_any_environment_file(data: bytes) -> None:
    found = read_environment("e.yml", data)
    assert found is None or not found.requests


def test_specification_file() -> None:
    requests = read_specs("s.txt", b"# c\n@EXPLICIT\nhttps://h/numpy-1.2-py_0.conda#00\n\nscipy=1.2 # c\n")
    assert [(r.name, r.pin, r.place.line) for r in requests] == [("numpy", Pin.HASH, 3), ("scipy", Pin.COMPATIBLE, 5)]


def test_npm_versions_like_npm() -> None:
    """npm's own parser calls an exact version ``version``, everything else a range or a tag."""
    node = shutil.which("node")
    module = next((path for path in Path("/usr").glob("lib*/node_modules/npm/node_modules/npm-package-arg")), None)
    if node is None or module is None:
        pytest.skip("npm is not here")
    words = [
        "1.2.3",
        "v1.2.3",
        "=1.2.3",
        "1.2.3-rc.1",
        "1.2.3+b",
        "1.2",
        "1",
        "1.x",
        "^1.2.3",
        "~1.2",
        ">=1",
        "latest",
        "next",
        "*",
        "1.2.3 || 2",
    ]
    script = f"const npa = require({str(module)!r}); const words = process.argv.slice(1);"
    script += "console.log(JSON.stringify(words.map(word => npa('foo@' + word).type)))"
    types = json.loads(subprocess.run([node, "-e", script, *words], check=True, capture_output=True, timeout=60).stdout)
    for word, kind in zip(words, types, strict=True):
        assert (npm_pin(word)[0] is Pin.EXACT) == (kind == "version"), (word, kind)
