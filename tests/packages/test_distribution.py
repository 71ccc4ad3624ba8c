"""Which programs wheels, sdists and projects install: read, never run."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from gate.packages.archives import read_archive
from gate.packages.distribution import Distribution, read_project

SCRIPTS = "[console_scripts]\ntrain = pkg.train:main\n[other]\nno = x:y\n[gui_scripts]\nshow=pkg:show\n"


def zipped(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def tarred(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def project(files: dict[str, str]) -> Distribution:
    return read_project(lambda name: files[name].encode() if name in files else None, "app")


def setup(body: str) -> Distribution:
    return project({"setup.py": f"from setuptools import setup\n{body}\n"})


def test_a_wheel_says_its_programs_and_what_it_requires() -> None:
    found = read_archive(
        zipped(
            {
                "x-1.dist-info/entry_points.txt": SCRIPTS,
                "x-1.data/scripts/serve": "#!python\n",
                "x-1.dist-info/METADATA": "Name: x\nRequires-Dist: Sage_Maker.Training>=3\n"
                "Requires-Dist: other; extra == 'x'\n\nRequires-Dist: text\n",
            }
        ),
        "x-1-py3-none-any.whl",
    )
    assert (found.programs, found.requires) == ({"train", "show", "serve"}, {"sage-maker-training"})
    assert found.unknown is None


def test_an_sdist_is_read_as_the_project_that_it_is() -> None:
    files = {
        "x-1/setup.cfg": "[options.entry_points]\nconsole_scripts =\n    train = a:b\n    serve=c:d\n",
        "x-1/setup.py": "import setuptools\nsetuptools.setup()\n",
    }
    for data, name in ((tarred(files), "x-1.tar.gz"), (zipped(files), "x-1.zip")):
        assert read_archive(data, name).programs == {"train", "serve"}, name


@pytest.mark.parametrize("name", ["x-1-py3-none-any.whl", "x-1.tar.gz", "x-1.zip"])
@pytest.mark.parametrize("data", [b"", b"PK\3\4junk", b"\x1f\x8bjunk", b"PK\5\6" + b"\xff" * 18, b"\0" * 2000])
def test_a_broken_archive_is_unknown(data: bytes, name: str) -> None:
    assert read_archive(data, name).unknown is not None


def test_what_an_archive_unpacks_to_is_bounded() -> None:
    bomb = zipped({"x-1.dist-info/entry_points.txt": "#" * (2 << 20)})
    assert read_archive(bomb, "x-1-py3-none-any.whl").unknown is not None
    assert read_archive(tarred({"x/setup.py": "#" * (40 << 20)}), "x-1.tar.gz").unknown is not None


def test_what_is_read_of_an_archive_is_bounded() -> None:
    many = zipped({f"x{number}.dist-info/METADATA": "Name: x\n" for number in range(200)})
    assert read_archive(many, "x-1-py3-none-any.whl").unknown is not None
    projects = zipped({f"x{number}/setup.py": "#" * 100_000 for number in range(50)})
    assert read_archive(projects, "x-1.zip").unknown is not None


PROJECTS = [
    ('[project]\nname="x"\n[project.scripts]\ntrain="a:b"\n[project.gui-scripts]\nshow="a:c"\n', {"train", "show"}),
    ('[tool.poetry.scripts]\ntrain="a:b"\nx={reference="bin/serve", type="file"}\n[build-system]\nbuild-backend="poetry.core.masonry.api"\n', {"train", "serve"}),
    ('[tool.flit.scripts]\ntrain="a:b"\n[build-system]\nbuild-backend="flit.buildapi"\n', {"train"}),
    ('[tool.setuptools]\nscript-files=["bin/train"]\n', {"train"}),
    ('[tool.hatch.build.targets.wheel.shared-scripts]\n"a.sh"="train"\n[build-system]\nbuild-backend="hatchling.build"\n', {"train"}),
    ('[tool.pdm.scripts]\ntrain="python -m x"\n[build-system]\nbuild-backend="pdm.backend"\n', set()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "programs"), PROJECTS)
def test_every_tool_has_a_table_of_its_own(text: str, programs: set[str]) -> None:
    found = project({"pyproject.toml": text})
    assert (found.programs, found.unknown) == (programs, None)


def test_the_other_files_count_for_setuptools_only() -> None:
    more = {"setup.py": 'from setuptools import setup\nsetup(scripts=["bin/train"])\n'}
    assert project({"pyproject.toml": "[build-system]\nrequires=[]\n", **more}).programs == {"train"}
    assert not project({"pyproject.toml": '[build-system]\nbuild-backend="hatchling.build"\n', **more}).programs


SETUPS = [
    'setup(entry_points={"console_scripts": ["train=a:b", "serve = c:d"]})',
    'setup(entry_points="""[console_scripts]\ntrain = a:b\nserve=c:d\n""")',
    'NAMES = ["train = a:b"]\nsetup(entry_points=dict(console_scripts=NAMES + ["serve=c:d"]))',
    'NAME = "pkg"\nsetup(entry_points={"console_scripts": [f"train={NAME}.x:y", "serve=%s:d" % NAME]})',
    'OPTIONS = {"scripts": ["bin/train", "bin/serve"]}\nsetup(**OPTIONS)',
    'import os\nsetup(entry_points={"console_scripts": ["train={}:b".format(os.name), "serve=a:b"]})',
]


@pytest.mark.parametrize("body", SETUPS)
def test_setup_is_read_as_far_as_it_is_made_of_literals(body: str) -> None:
    found = setup(body)
    assert (found.programs, found.unknown) == ({"train", "serve"}, None)


UNREADABLE = [
    "setup(entry_points=load())",
    'names = []\nnames.append("train=a:b")\nsetup(entry_points={"console_scripts": names})',
    "setup(**options())",
    "x = 1",
    "if a:\n    setup(scripts=['train'])\nelse:\n    setup()",
    "setup(entry_points={'console_scripts': [name + '=a:b']})",
    "setup(",
    "a = 'x' * 9 + 'x'\n"
    + "".join(f"{new} = {old} + {old}\n" for old, new in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True))
    + "setup(scripts=p)",
    "a = ['x', 'y']\n"
    + "".join(
        f"{new} = [*{old}, *{old}, *{old}]\n" for old, new in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True)
    )
    + "setup(scripts=p)",
    "setup(scripts=" + "[" * 5000 + "]" * 5000 + ")",
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_would_have_to_be_run_is_unknown(body: str) -> None:
    assert setup(body).unknown is not None


def test_requirements_that_a_file_holds_are_looked_up_there() -> None:
    files = {
        "setup.py": "from setuptools import setup\nsetup(install_requires=open('requirements.txt').read().split())\n"
    }
    assert project(files).unknown is not None
    found = project({**files, "requirements.txt": "sagemaker_training==4\n"})
    assert (found.requires, found.unknown) == ({"sagemaker-training"}, None)
