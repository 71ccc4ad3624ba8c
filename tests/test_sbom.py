"""``mlgate sbom``: what a Dockerfile pins, as CycloneDX."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from gate.build import Build
from gate.context import memory_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.sbom.components import Bill, bill
from tests.cli import Mlgate
from tests.engines_grype.cases import CASES

PINS = "FROM debian:12\nRUN apt-get install -y curl=7.88.1-10\nRUN pip install numpy==1.26.4 pandas\n"


def test_each_component_says_where_its_pin_stands(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", PINS)
    ran = mlgate("sbom", "Dockerfile")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    rows = [(row["purl"], {p["name"]: p["value"] for p in row["properties"]}) for row in document["components"]]
    assert [purl for purl, _ in rows] == ["pkg:deb/debian/curl@7.88.1-10?distro=debian-12", "pkg:pypi/numpy@1.26.4"]
    assert [(at["mlgate:path"], at["mlgate:line"], at["mlgate:column"]) for _, at in rows] == [
        ("Dockerfile", "2", "24"),
        ("Dockerfile", "3", "17"),
    ]
    assert "left out: 1" in ran.last


def test_it_goes_to_a_file(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", PINS)
    ran = mlgate("sbom", "Dockerfile", "-o", "bom.json")
    assert (ran.code, ran.out) == (0, "")
    assert len(json.loads((mlgate.folder / "bom.json").read_text())["components"]) == 2


def test_what_is_left_out_is_named(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", PINS)
    properties = json.loads(mlgate("sbom", "Dockerfile").out)["metadata"]["properties"]
    assert properties == [{"name": "mlgate:unchecked", "value": "pandas (Dockerfile:3): it has no exact version"}]


def test_it_keeps_to_the_published_schema(mlgate: Mlgate) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    for number, case in enumerate(CASES[::10]):
        for path, text in {"Dockerfile": case.dockerfile, **case.files}.items():
            mlgate.write(f"{number}/{path}", text.replace("»", ""))
        ran = mlgate("sbom", f"{number}/Dockerfile")
        if ran.code == 0:
            assert validator.validate_str(ran.out) is None, case.name


def listed(command: str, **files: str) -> Bill:
    dockerfile = f"FROM debian:12\nCOPY . /app/\nWORKDIR /app\nRUN {command}\n"
    contents = {path.replace("__", "-").replace("_", "."): text.encode() for path, text in files.items()}
    return bill(Build(parse(Source("Dockerfile", dockerfile.encode())), context=memory_context(contents)))


NPM = """{"lockfileVersion": 3, "packages": {
  "": {"name": "app"},
  "node_modules/lodash": {"version": "4.17.20"},
  "node_modules/@types/node": {"version": "18.0.0", "dev": true},
  "node_modules/a/node_modules/lodash": {"version": "4.17.21"},
  "node_modules/fsevents": {"version": "2.3.2", "os": ["darwin"]},
  "node_modules/mine": {"resolved": "../mine", "link": true}
}}"""
NPM_OLD = """{"lockfileVersion": 1, "dependencies": {
  "lodash": {"version": "4.17.20", "dependencies": {"b": {"version": "1.0.0"}}},
  "mocha": {"version": "9.0.0", "dev": true}
}}"""
YARN = """# yarn lockfile v1

"@babel/core@^7.0.0", "@babel/core@^7.1.0":
  version "7.20.0"
  dependencies:
    lodash "^4.17.0"

lodash@^4.17.0:
  version "4.17.20"

mocha@^9.0.0:
  version "9.0.0"
"""
BERRY = """__metadata:
  version: 6

"app@workspace:.":
  version: 0.0.0-use.local

"lodash@npm:^4.17.0":
  version: 4.17.20
  resolution: "lodash@npm:4.17.20"
"""
PACKAGE = '{"dependencies": {"@babel/core": "^7.0.0"}, "devDependencies": {"mocha": "^9.0.0"}}'
PNPM = """lockfileVersion: '6.0'

packages:

  /@babel/core@7.20.0:
    resolution: {integrity: sha512-x}
    dev: false

  /mocha@9.0.0(debug@4.3.4):
    resolution: {integrity: sha512-x}
    dev: true

  lodash@4.17.20:
    resolution: {integrity: sha512-x}
"""
GEMFILE = """GEM
  remote: https://gems.example.org/
  specs:
    rack (2.2.3)
    rails (6.0.0)
      rack (~> 2.0)
    nokogiri (1.13.0-x86_64-linux)
    nokogiri (1.13.0-x64-mingw32)

PLATFORMS
  ruby
"""
CARGO = """version = 3

[[package]]
name = "app"
version = "0.1.0"

[[package]]
name = "time"
version = "0.1.43"
source = "registry+https://github.com/rust-lang/crates.io-index"
"""
GO = """module example.com/app

go 1.22

require golang.org/x/text v0.3.7

require (
\tgithub.com/gin-gonic/gin v1.7.0 // indirect
\tgithub.com/x/y v1.0.0
)

replace github.com/x/y => ../y
"""


@pytest.mark.parametrize(
    ("command", "files", "packages"),
    [
        ("npm ci", {"package__lock_json": NPM}, "lodash@4.17.20:3 @types/node@18.0.0:4 lodash@4.17.21:5"),
        ("npm ci --omit=dev", {"package__lock_json": NPM}, "lodash@4.17.20:3 lodash@4.17.21:5"),
        ("NODE_ENV=production npm ci", {"package__lock_json": NPM}, "lodash@4.17.20:3 lodash@4.17.21:5"),
        ("npm install --production", {"package__lock_json": NPM_OLD}, "lodash@4.17.20:2 b@1.0.0:2"),
        ("yarn install --frozen-lockfile", {"yarn_lock": YARN, "package_json": PACKAGE},
         "@babel/core@7.20.0:3 lodash@4.17.20:8 mocha@9.0.0:11"),
        ("yarn install --production", {"yarn_lock": YARN, "package_json": PACKAGE}, "@babel/core@7.20.0:3 lodash@4.17.20:8"),
        ("yarn install --immutable", {"yarn_lock": BERRY}, "lodash@4.17.20:7"),
        ("pnpm install --frozen-lockfile --prod", {"pnpm__lock_yaml": PNPM}, "@babel/core@7.20.0:5 lodash@4.17.20:13"),
        ("bundle install", {"Gemfile_lock": GEMFILE}, "rack@2.2.3:4 rails@6.0.0:5 nokogiri@1.13.0:7"),
        ("cargo build --release", {"Cargo_lock": CARGO}, "time@0.1.43:8"),
        ("cargo install --path .", {"Cargo_lock": CARGO}, "time@0.1.43:8"),
        ("go build -o /x ./...", {"go_mod": GO}, "golang.org/x/text@v0.3.7:5 github.com/gin-gonic/gin@v1.7.0:8"),
        ("go mod download", {"go_mod": GO}, ""),
        ("cargo install ripgrep", {"Cargo_lock": CARGO}, ""),
        ("npm ci", {"package__lock_json": "{"}, ""),
    ],
)  # fmt: skip
def test_lock_files_of_other_languages(command: str, files: dict[str, str], packages: str) -> None:
    found = listed(command, **files).components
    assert sorted(f"{c.name}@{c.version}:{c.place.line}" for c in found) == sorted(packages.split())


def test_why_nothing_can_be_said(mlgate: Mlgate) -> None:
    rows = listed("apt-get install -y libx=* && npm ci && R -e 'install.packages(\"x\")' && bundle install").unchecked
    reasons = {name: why for name, _, why in rows}
    assert reasons["package-lock.json"] == "no COPY brings package-lock.json"
    assert reasons["Gemfile.lock"] == "no COPY brings Gemfile.lock"
    assert {"libx", "x"} <= reasons.keys()


@pytest.mark.parametrize("name", ["uv_lock", "poetry_lock", "pdm_lock", "Pipfile_lock", "pylock_toml", "pixi_lock", "conda__lock_yml",
                                  "package__lock_json", "yarn_lock", "pnpm__lock_yaml", "Gemfile_lock", "Cargo_lock", "go_mod"])  # fmt: skip
def test_hostile_lock_files_are_read_in_bounded_time(name: str) -> None:
    commands = "uv sync; poetry install; pdm install; pipenv sync; pip install -r pylock.toml; pixi install; "
    commands += "conda-lock install; npm ci; yarn; pnpm i; bundle; cargo build; go build"
    key = "packages" if name == "pylock_toml" else "package"
    for text in (
        "\x00\xff" * 1000,
        "[" * 200_000,
        '{"packages": ' * 5_000,
        f"[[{key}]]\nname = 7\n[[{key}]]\nversion = []\n",
        f'[[{key}]]\nname = "a"\nversion = "1"\ndependencies = [{{name = "a", marker = "x"}}]\ngroups = 7\n' * 500,
        '{"default": {"a": 7, "b": {"version": 7, "markers": 7}}, "packages": {"node_modules/a": 7, "x": {}}, "dependencies": 7}',
        "version: 6\nenvironments:\n  default:\n    packages:\n      linux-64:\n      - conda: x\n      - pypi: -\n"
        * 2000,
        "# yarn lockfile v1\n" + "a@1, :\n  version\n" * 5000,
        "lockfileVersion: 9\npackages:\n" + "  /@a@1:\n" * 20_000,
        "GEM\n" + "    a (1)\n" * 20_000 + "module x\nrequire a.b v1.0.0\n" * 5000,
    ):
        listed(commands, **{name: text})


@pytest.mark.parametrize(
    "text",
    [
        "FROM a AS s0\nRUN pip install x==1\n"
        + "".join(f"FROM s{n} AS s{n + 1}\nRUN pip install x==1.{n}\n" for n in range(900)),
        "FROM a\n" + "RUN pip install x==1 && apt-get purge y && . v/bin/activate\n" * 1900,
        "FROM a\nRUN " + "; ".join(["pip install x==1"] * 3000) + "\n",
        "FROM a\n" + "ENV PATH=/x:$PATH\n" * 900 + "RUN pip install x==1\n" * 900,
        "FROM debian:12\nCOPY r.txt /\n" + "RUN pip install -r /r.txt\n" * 20,
    ],
    ids=["stages", "RUNs", "commands", "variables", "requirements"],
)
def test_long_files_are_read_in_bounded_time(text: str) -> None:
    requirements = "".join(f"p{n}==1.0; python_version >= '3.{n % 9}'\n" for n in range(3000))
    dockerfile = parse(Source("Dockerfile", text.encode()))
    assert bill(Build(dockerfile, context=memory_context({"r.txt": requirements.encode()}))).components


def test_what_cannot_be_read_is_said(mlgate: Mlgate) -> None:
    assert mlgate("sbom", "Dockerfile").code == 3
    mlgate.write("Dockerfile", "FORM x\n")
    assert mlgate("sbom", "Dockerfile").code == 3
