"""PIN003 to PIN007: package versions. ``»`` stands where the rule must speak."""

from __future__ import annotations

import pytest

from gate.rule import Example
from tests.rules.support import expect, findings, run, silent, undecided

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HASHED = "numpy==1.26.4 --hash=sha256:" + "0" * 64 + "\n"
PYTHON = "FROM python:3.12\n"


@pytest.mark.parametrize(
    "line",
    [
        "pip install »torch",
        "python3.11 -m pip install »torch",
        "/opt/venv/bin/pip install »torch",
        "sudo pip install »torch",
        "pip install »torch »torchvision numpy==1.26.4 »pandas",
        "pip install »'foo>=1,<2'",
        "pip install »foo~=1.0",
        "pip install »foo==1.*",
        'pip install »"foo<2"',
        "pip install »foo!=1.5",
        "pip install »torch --index-url https://h/whl/cu121",
        "pip install »git+https://h/a/b",
        "pip install »git+https://h/a/b@main",
        "pip install »git+https://user@h/a/b",
        "pip install -e »git+https://h/a/b#egg=b",
        "pip install »https://h/a/b/archive/main.zip",
        "pip install »'uvicorn[standard]'",
        "pip download »foo",
        "pip wheel »foo",
        "pip install --timeout 100 --retries 5 »foo",
        "pip install »foo # ==1.0",
        "pip install numpy==1.26.4 && pip install »foo",
        "pip install numpy==1.26.4 || pip install »numpy",
        "if true; then pip install »foo; fi",
        "bash -c 'pip install »foo'",
        "conda run -n e pip install »foo",
        "uv pip install --system »foo",
        "uv add »foo",
        "uv tool install »ruff",
        "uvx »ruff check",
        "pipx install »foo",
        "poetry add »foo",
        "pdm add »foo",
        "pipenv install »foo",
        "pipenv install »foo »bar",
        "»pipenv install --skip-lock",
    ],
)
def test_python_packages(line: str) -> None:
    expect("PIN003", f"{PYTHON}RUN {line}\n", severity="medium")


@pytest.mark.parametrize(
    "line",
    [
        "pip install --upgrade »pip",
        "pip install -U »pip »setuptools »wheel",
        "python -m pip install --upgrade »pip",
        "pip install »uv",
        "pip install »poetry",
        "pip install »'cryptography>=41'",
        "pip install »git+https://h/a/b@v1.2.3",
        "pip install »git+https://h/a/b@703b761",
    ],
)
def test_lower_levels(line: str) -> None:
    expect("PIN003", f"{PYTHON}RUN {line}\n", severity="low")


@pytest.mark.parametrize(
    "line",
    [
        "pip install foo==1.0 bar===2",
        "pip install torch==2.1.0+cu121 --extra-index-url https://h/whl/cu121",
        "pip install 'foo[x]==1.0' \"bar==1 ; python_version<'3'\"",
        f"pip install git+https://h/a/b@{COMMIT}",
        f"pip install 'foo @ git+https://h/a/b@{COMMIT}'",
        "pip install https://h/foo-1.0-py3-none-any.whl",
        "pip install .",
        "pip install -e .",
        "pip install ./pkg .[dev] '.[a,b]' *.whl /tmp/x.tar.gz",
        "pip install --no-deps dist/*.whl",
        "pip install --no-index --find-links /wheels foo",
        "pip install --dry-run foo",
        "pip --version",
        "pip list",
        "pip uninstall -y foo",
        "echo pip install foo",
        "pip install -r requirements.txt",
        "V=1.2 && pip install foo==$V",
        "uv tool install ruff@0.5.0",
        "uv pip install foo==1",
        "pipx install foo==1.0",
        "poetry add foo@1.2.3",
        "python setup.py install",
        "true # pip install foo",
        "pip install foo>=1",
    ],
)
def test_pinned_or_nothing(line: str) -> None:
    silent("PIN003", f"{PYTHON}RUN {line}\n")


def test_arguments_and_variables() -> None:
    silent("PIN003", f"{PYTHON}ARG V=1.2\nRUN pip install foo==$V\n")
    silent("PIN003", f"{PYTHON}ENV V=1.2\nRUN pip install foo==${{V}}\n")
    for text in (
        "ARG V\nRUN pip install foo==$V\n",
        "RUN pip install $(cat r)\n",
        "ARG P\nRUN pip install $P\n",
        "ARG V=\nRUN pip install foo==$V\n",
    ):
        silent("PIN003", PYTHON + text)
        assert undecided(PYTHON + text, ["PIN003"]), text
    silent("PIN003", Example(f"{PYTHON}ARG V\nRUN pip install foo==$V\n", build_args={"V": "1.2"}))
    expect("PIN003", f'{PYTHON}ENV PIP="python3 -m pip"\nRUN $PIP install »foo\n')
    expect("PIN003", f"{PYTHON}ARG PKGS='foo bar==1'\nRUN pip install »$PKGS\n")


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"requirements.txt": "»torch\nnumpy==1.26.4\n»pandas>=2 # c\n"}, "pip install -r requirements.txt"),
        ({"requirements.txt": "numpy==1.26.4\n"}, "pip install -r requirements.txt »foo"),
        ({"requirements.txt": HASHED}, "pip install -r requirements.txt »foo"),
        ({"requirements.txt": "»a\n-r more.txt\n", "more.txt": "»b\n"}, "pip install -r requirements.txt"),
        ({"c.txt": "foo==1\n"}, "pip install -c c.txt foo »bar"),
        ({"c.txt": "foo>=1\n"}, "pip install -c c.txt »foo"),
        ({"requirements.txt": "foo\n»bar\n", "c.txt": "Foo==1\n"}, "pip install -r requirements.txt -c c.txt"),
        ({"requirements.txt": "-e git+https://h/a@main#egg=a\n"}, "pip install »foo -r requirements.txt"),
        ({"r.txt": "»foo\n"}, "uv pip install --system -r r.txt"),
        ({"r.txt": "»foo\n"}, "uv pip sync r.txt"),
        ({"r.txt": "»foo\n"}, "pip-sync r.txt"),
        ({"requirements.txt": "»foo \\\n  ; python_version<'4'\n"}, "pip install -r requirements.txt"),
        ({"pyproject.toml": ""}, "»poetry install --no-root"),
        ({"pyproject.toml": ""}, "»uv sync --frozen"),
        ({"pyproject.toml": ""}, "»uv sync"),
        ({"pyproject.toml": ""}, "»pdm install"),
        ({"Pipfile": ""}, "»pipenv sync"),
        ({"pyproject.toml": ""}, "poetry lock && »poetry install"),
        ({"environment.yml": "dependencies:\n- pip:\n  - »foo\n"}, "conda env create -f environment.yml"),
    ],
)
def test_files_of_the_context(files: dict[str, str], line: str) -> None:
    if "-e git" in files.get("requirements.txt", ""):
        files = {"requirements.txt": "»-e git+https://h/a@main#egg=a\n"}
    expect("PIN003", f"{PYTHON}WORKDIR /app\nCOPY . .\nRUN {line}\n", files=files)


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"requirements.txt": HASHED}, "pip install -r requirements.txt"),
        (
            {"requirements.txt": "numpy==1.26.4\n./local\n# torch\n--index-url https://x\n"},
            "pip install -r requirements.txt",
        ),
        ({"c.txt": "foo==1\n"}, "pip install -c c.txt foo"),
        ({"c.txt": "foo==1\n", "requirements.txt": "foo\n-c c.txt\n"}, "pip install -r requirements.txt"),
        ({"poetry.lock": "", "pyproject.toml": ""}, "poetry install"),
        ({"uv.lock": "", "pyproject.toml": ""}, "uv sync --frozen"),
        ({"uv.lock": "x" * (2 << 20), "pyproject.toml": ""}, "uv sync --locked"),
        ({"sub/uv.lock": "", "sub/pyproject.toml": ""}, "uv sync --project sub"),
        ({"sub/uv.lock": "", "sub/pyproject.toml": ""}, "cd sub && uv sync"),
        ({"Pipfile.lock": "", "Pipfile": ""}, "pipenv install --deploy --system"),
        ({"pdm.lock": "", "pyproject.toml": ""}, "pdm sync"),
        ({"pylock.toml": ""}, "pip install -r pylock.toml"),
    ],
)
def test_pinned_files(files: dict[str, str], line: str) -> None:
    silent("PIN003", f"{PYTHON}WORKDIR /app\nCOPY . .\nRUN {line}\n", files=files)


def test_a_file_that_two_commands_read_speaks_once() -> None:
    text = f"{PYTHON}COPY r.txt .\nRUN pip install -r r.txt && pip install -r r.txt\n"
    assert len(findings(text, ["PIN003"], {"r.txt": "foo\n"})) == 1


def test_unread_files_are_undecided() -> None:
    for text in (
        "RUN pip install -r r.txt\n",
        "COPY --from=x:1 /r.txt .\nRUN pip install -r r.txt\n",
        "RUN pip install -c https://h/c.txt foo\n",
    ):
        silent("PIN003", PYTHON + text)
        assert undecided(PYTHON + text, ["PIN003"]), text


def test_a_partly_pinned_line_names_exactly_the_loose_three() -> None:
    text = "FROM ubuntu:18.04\nRUN pip --no-cache-dir install numpy==1.16.2 scipy==1.2.1 pandas flask gunicorn\n"
    assert [finding.message.split()[0] for finding in findings(text, ["PIN003"])] == ["pandas", "flask", "gunicorn"]
    assert not findings(text, ["PKG003"])


@pytest.mark.parametrize(
    ("asked", "loud"),
    [
        ("range", ["foo"]),
        ("compatible", ["foo", "foo>=1"]),
        ("wildcard", ["foo", "foo>=1", "foo~=1.0"]),
        ("exact", ["foo", "foo>=1", "foo~=1.0", "foo==1.*"]),
        ("hash", ["foo", "foo>=1", "foo~=1.0", "foo==1.*", "foo==1"]),
    ],
)
def test_policy(asked: str, loud: list[str]) -> None:
    for specifier in ("foo", "foo>=1", "foo~=1.0", "foo==1.*", "foo==1"):
        text = f"{PYTHON}RUN pip install '{specifier}'\n"
        found = findings(text, ["PIN003"], policy={"pinning": {"packages": asked}})
        assert bool(found) == (specifier in loud), (asked, specifier)


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("conda install -y »numpy", "medium"),
        ("conda install -y -c conda-forge »numpy »scipy=1.11", "medium"),
        ("conda create -n e »python=3.9", "medium"),
        ("conda install -y »'numpy>=1,<2'", "medium"),
        ("mamba install -y »'numpy=1.*'", "medium"),
        ("micromamba install -y -n base -c x »numpy", "medium"),
        ("conda update -y -n base »conda", "low"),
        ("conda install -y »'numpy>=1.2'", "low"),
        ("pixi add »numpy", "medium"),
    ],
)
def test_conda_packages(line: str, severity: str) -> None:
    expect("PIN004", f"FROM x:1.2.3\nRUN {line}\n", severity=severity)


@pytest.mark.parametrize(
    "line",
    [
        "conda install -y numpy==1.26.4 scipy=1.11.4 x=1.0=py_0",
        "conda install -y --file specs.txt",
        "conda create -n e --clone base",
        "conda remove -y numpy",
        "conda clean -afy",
        "conda install -y ./x-1.0-0.conda",
        "conda env create -f missing.yml",
        "conda list numpy",
        "conda install numpy>=1.2",
    ],
)
def test_conda_silent(line: str) -> None:
    silent("PIN004", f"FROM x:1.2.3\nRUN {line}\n")


def test_conda_files() -> None:
    text = "FROM x:1.2.3\nCOPY . .\nRUN {}\n"
    files = {"environment.yml": "name: e\ndependencies:\n- »numpy\n- scipy==1.1.0\n- pip:\n  - foo\n"}
    expect("PIN004", text.format("conda env create -f environment.yml"), files=files)
    expect("PIN004", text.format("micromamba create -y -f environment.yml"), files=files)
    expect("PIN004", text.format("conda env create"), files=files)
    expect("PIN004", text.format("conda create --file s.txt"), files={"s.txt": "»numpy=1.2\n"})
    silent(
        "PIN004",
        text.format("conda create --file s.txt"),
        files={"s.txt": "@EXPLICIT\nhttps://h/numpy-1.2-0.conda#00\n"},
    )
    silent("PIN004", text.format("conda-lock install conda-lock.yml"), files={"conda-lock.yml": "version: 1\n"})
    silent("PIN004", text.format("micromamba create -y -f conda-lock.yml"), files={"conda-lock.yml": "version: 1\n"})


@pytest.mark.parametrize(
    "line",
    [
        "apt-get install -y »curl",
        "apt-get install -y curl=7.1 »git",
        "apt install -y »curl",
        "apt-get install -y »curl=7.*",
        "apt-get install -y -t stable »curl",
        "apt-get install -y »curl/stable",
        "aptitude install -y »curl",
        "apk add »curl",
        "apk add --no-cache 'jq=1.6-r0' »'curl=~8'",
        "yum install -y »java-11-openjdk",
        "dnf install -y »cuda-toolkit-12-1",
        "microdnf install »curl",
        "tdnf install -y »curl",
        "zypper -n in »curl",
        "sudo apt-get install -y »curl",
        "apt-get install -y \\\n    »curl \\\n    git",
    ],
)
def test_system_packages(line: str) -> None:
    expect("PIN005", f"FROM x:1.2.3\nRUN {line}\n", severity="low")


@pytest.mark.parametrize(
    "line",
    [
        "apt-get install -y curl=7.88.1-10",
        "apt-get install -y ./x.deb /tmp/*.deb",
        "apt-get install -y $(cat pkgs.txt)",
        "xargs apt-get install -y < pkgs",
        "apt-get install -y",
        "apt-get upgrade -y",
        "apt-get remove -y curl",
        "apk add curl=8.8.0-r0",
        "apk add --virtual .deps curl=8.8.0-r0",
        "apk add '!pyc'",
        "apk add ./x.apk",
        "yum install -y curl-7.76.1-26.el9",
        "dnf install -y ./x.rpm",
        "zypper -n in curl=7.1",
        "dpkg -i x.deb",
        "echo apt-get install curl",
    ],
)
def test_system_silent(line: str) -> None:
    silent("PIN005", f"FROM x:1.2.3\nRUN {line}\n")


@pytest.mark.parametrize(
    ("line", "alias"),
    [
        ("apt-get install -y a", ("DL3008",)),
        ("apk add a", ("DL3018",)),
        ("yum install -y a", ("DL3033",)),
        ("dnf install -y a", ("DL3041",)),
        ("zypper -n in a", ("DL3037",)),
        ("apt install -y a", ()),
    ],
)
def test_system_aliases(line: str, alias: tuple[str, ...]) -> None:
    (found,) = findings(f"FROM x:1.2.3\nRUN {line}\n", ["PIN005"])
    assert found.aliases == alias


def test_system_packages_are_one_finding() -> None:
    (found,) = findings("FROM x:1.2.3\nRUN apt-get install -y a b=1 c d e f g h\n", ["PIN005"])
    assert found.message == "apt-get installs a, c, d, e, f and 2 more without an exact version."


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("npm i -g »foo", "medium"),
        ("npm install »foo@latest", "medium"),
        ("npm install »foo@^1 foo@1.2.3", "medium"),
        ("npm add »@s/p", "medium"),
        ("yarn add »foo", "medium"),
        ("yarn global add »foo", "medium"),
        ("pnpm add »foo", "medium"),
        ("npm i »user/repo", "medium"),
        ("npm install -g »npm", "low"),
        ("npm install -g »yarn@latest", "low"),
        ("gem install »rails", "medium"),
        ("gem install »rails -v '~> 7'", "medium"),
        ("gem install »bundler", "low"),
        ("go install »h.io/x@latest", "medium"),
        ("go install »h.io/x@main", "medium"),
        ("go install »h.io/x", "medium"),
        ("go get -u »h.io/x", "medium"),
        ("GO111MODULE=off go get »h.io/x", "medium"),
        ("cargo install »ripgrep", "medium"),
        ("cargo install --git »https://h/a a", "medium"),
        ("R -e \"install.packages('»a')\"", "medium"),
        ("install2.r »a", "medium"),
    ],
)
def test_other_packages(line: str, severity: str) -> None:
    expect("PIN006", f"FROM x:1.2.3\nRUN {line}\n", severity=severity)


@pytest.mark.parametrize(
    "line",
    [
        "npm ci",
        "npm install foo@1.2.3 @s/p@1.0.0",
        "npm install ./x x.tgz",
        "npm run build",
        "npx foo",
        "yarn add foo@1.2.3",
        "gem install rails:7.1.0",
        "bundle install",
        "go install h.io/x@v1.2.3",
        "go install ./...",
        "go build h.io/x",
        "go mod download",
        "cargo install ripgrep --version 14.1.0",
        "cargo install --path .",
        "cargo build --locked",
        "R -e \"remotes::install_version('a', '1.2')\"",
        "R -e \"install.packages('a', repos='https://p/cran/2024-01-02')\"",
        "R -e 'renv::restore()'",
    ],
)
def test_other_silent(line: str) -> None:
    silent("PIN006", f"FROM x:1.2.3\nRUN {line}\n")


@pytest.mark.parametrize(
    ("files", "line", "marked"),
    [
        ({"package.json": "{}"}, "npm install", True),
        ({"package.json": "{}"}, "npm ci", True),
        ({"package.json": "{}"}, "yarn install --frozen-lockfile", True),
        ({"package.json": "{}"}, "pnpm install", True),
        ({"package.json": "{}", "package-lock.json": "{}"}, "npm install", False),
        ({"package.json": "{}", "package-lock.json": "{}"}, "npm ci --omit=dev", False),
        ({"package.json": "{}", "npm-shrinkwrap.json": "{}"}, "npm ci", False),
        ({"package.json": "{}", "yarn.lock": ""}, "yarn", False),
        ({"package.json": "{}", "pnpm-lock.yaml": ""}, "pnpm i", False),
        ({"package.json": "{}", "yarn.lock": ""}, "npm install", True),
        ({"web/package.json": "{}", "web/package-lock.json": "{}"}, "cd web && npm ci", False),
        ({"web/package.json": "{}"}, "npm --prefix web ci", True),
        ({}, "npm install", False),
    ],
)
def test_node_projects(files: dict[str, str], line: str, marked: bool) -> None:
    head, _, tail = line.rpartition("&& ")
    text = f"FROM x:1.2.3\nWORKDIR /app\nCOPY . .\nRUN {head}{'&& ' if head else ''}{'»' if marked else ''}{tail}\n"
    (expect if marked else silent)("PIN006", text, files=files)


def test_go_modules_decide_where_there_are_any() -> None:
    text = "FROM golang:1.22.1\nWORKDIR /src\nCOPY . .\nRUN go install {}h.io/x\n"
    silent("PIN006", text.format(""), files={"go.mod": "module a\n"})
    expect("PIN006", text.format("»"), files={"main.go": ""})


def test_requirements_without_hashes() -> None:
    text = f"{PYTHON}COPY . .\nRUN {{}}\n"
    expect("PIN007", text.format("pip install -r r.txt"), files={"r.txt": "# c\n»a==1\nb==2\n"})
    expect("PIN007", text.format("pip install -r r.txt"), files={"r.txt": HASHED + "»b==2\n"})
    silent("PIN007", text.format("pip install -r r.txt"), files={"r.txt": HASHED})
    silent("PIN007", text.format("pip install --require-hashes -r r.txt"), files={"r.txt": "a==1\n"})
    silent("PIN007", text.format("pip install -r r.txt"), files={"r.txt": "--require-hashes\na==1\n"})
    silent("PIN007", text.format("PIP_REQUIRE_HASHES=1 pip install -r r.txt"), files={"r.txt": "a==1\n"})
    silent("PIN007", text.format("pip install a==1"))
    silent("PIN007", text.format("pip install -r r.txt"), files={"r.txt": "./local\n-e .\n"})


def test_rules_that_are_off_by_default() -> None:
    from gate import catalogue

    rules = catalogue.load().rules
    assert [rule_id for rule_id in rules if rule_id[:3] in {"PIN", "PKG"} and not rules[rule_id].enabled] == [
        "PIN002",
        "PIN007",
    ]


def test_one_word_one_finding() -> None:
    """A version that the shell takes away is PKG002's, not PIN003's."""
    text = f"{PYTHON}RUN pip install --no-cache-dir boto3>=1.15\n"
    assert [row[0] for row in run(text, ["PIN003", "PKG002", "PKG003"])] == ["PKG002"]


@pytest.mark.parametrize("command", ["uv sync", "uv sync --frozen", "poetry install", "pdm install", "pipenv install"])
def test_a_lock_file_that_nothing_brings(command: str) -> None:
    expect("PIN003", f"{PYTHON}RUN »{command}\n")
    silent("PIN003", f"FROM registry.example.com/team/base:1.0.0\nRUN {command}\n")  # it may lie in there
    silent("PIN003", f"{PYTHON}RUN git clone https://example.com/x . && {command}\n")


def test_each_package_that_r_installs_is_named_in_its_place() -> None:
    expect("PIN006", "FROM r-base:4.4.1\nRUN R -e \"install.packages(c('»mda', '»plumber'), repos='https://e.org')\"\n")
    expect("PIN006", 'FROM r-base:4.4.1\nRUN Rscript -e "remotes::install_github(\\"»a/b\\")"\n')
