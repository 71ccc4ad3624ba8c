"""The options that take a value, held against pip's own parsers."""

from __future__ import annotations

import pytest

from gate.packages.pip import PIP
from tests.packages.support import told


def _options() -> tuple[set[str], set[str]]:
    commands = pytest.importorskip("pip._internal.commands")
    main_parser = pytest.importorskip("pip._internal.cli.main_parser")
    parsers = [main_parser.create_main_parser()]
    parsers += [
        commands.create_command(name).parser
        for name in ("install", "download", "wheel", "uninstall")
        if name in commands.commands_dict
    ]
    valued, flags = set(), set()
    for parser in parsers:
        for option in parser.option_list_all:
            (valued if option.takes_value() else flags).update(option._short_opts + option._long_opts)
    return valued, flags


def test_every_option_with_a_value_is_known() -> None:
    valued, flags = _options()
    assert valued - PIP.values == set()
    assert flags & PIP.values == set()


def test_every_long_flag_is_known() -> None:
    _, flags = _options()
    assert {name for name in flags if name.startswith("--")} - PIP.flags == set()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("pip install --timeout 100 foo", ["foo none"]),
        ("pip install --retries 5 foo", ["foo none"]),
        ("pip install --cert f --client-cert g foo", ["foo none"]),
        ("pip install --config-settings k=v -C k=v foo", ["foo none"]),
        ("pip install -i https://x --extra-index-url https://y -f z foo", ["foo none"]),
        ("pip install -ihttps://x -fz foo", ["foo none"]),
        ("pip install --index-url=https://x foo", ["foo none"]),
        ("pip install -qU foo", ["foo none"]),
        ("pip install -Uqr r.txt foo", ["foo none"]),
        ("pip install -t /x --root / --prefix=/y --src z foo", ["foo none"]),
        ("pip install --platform p --python-version 3 --abi a --implementation cp foo", ["foo none"]),
        ("pip install --progress-bar off --log f --proxy p --cache-dir c foo", ["foo none"]),
        ("pip install --no-binary :all: --only-binary x foo", ["foo none"]),
        ("pip install --upgrade-strategy eager --exists-action w --root-user-action ignore foo", ["foo none"]),
        ("pip install --group dev --report r.json --use-feature x --keyring-provider y foo", ["foo none"]),
        ("pip install --trust h foo", ["foo none"]),
        ("pip install --extra-index https://x foo", ["foo none"]),
        ("pip --timeout 5 --no-cache-dir install foo", ["foo none"]),
        ("pip install -- foo -bar", ["foo none", "- unresolved"]),
        ("pip install foo > log 2>&1", ["foo none"]),
        ("pip install foo | tee log", ["foo none"]),
        ("pip install -e . foo", ["foo none", "- local"]),
        ("pip install -e git+https://h/a@main", ["- movable"]),
        ("pip install --dry-run foo", []),
        ("pip install --help", []),
        ("pip --version", []),
        ("pip list", []),
        ("pip freeze > r.txt", []),
        ("pip config set global.index-url https://x", []),
        ("pip download foo", ["foo none"]),
        ("pip wheel foo==1", ["foo exact 1"]),
        ("pip3 install foo", ["foo none"]),
        ("pip3.11 install foo", ["foo none"]),
        ("pip2 install foo", ["foo none"]),
        ("/opt/venv/bin/pip install foo", ["foo none"]),
        ("sudo -H pip install foo", ["foo none"]),
        ("python -m pip install foo", ["foo none"]),
        ("python3.11 -u -m pip install foo", ["foo none"]),
        ("python -W ignore -m pip install foo", ["foo none"]),
        ("python -mpip install foo", ["foo none"]),
        ("python -Im pip install foo", ["foo none"]),
        ("python setup.py install", []),
        ("python -c 'pip install foo'", []),
        ("python -m venv pip install foo", []),
        ("conda run -n e pip install foo", ["foo none"]),
        ("pip install foo; pip install bar==1", ["foo none", "bar exact 1"]),
        ("X=1 pip install foo", ["foo none"]),
        ("pipx install foo==1", ["foo exact 1"]),
        ("pipx install --spec foo==2 foo", ["foo exact 2"]),
        ("pipx inject env foo bar==1", ["foo none", "bar exact 1"]),
        ("pipx list", []),
        ("python -m pipx install foo", ["foo none"]),
        ("easy_install foo==1 bar", ["foo exact 1", "bar none"]),
        ("echo pip install foo", []),
        ("pip install $(cat r.txt)", ["- unresolved"]),
        ("pip install 'foo'==1", ["foo exact 1"]),
        ('pip install "foo==1"', ["foo exact 1"]),
        ("pip install foo\\>=1", ["foo range"]),
        ("V=1.2; pip install foo==$V", ["foo exact 1.2"]),
        ("pip install foo==${V:-1.2}", ["foo exact 1.2"]),
        ('pip install "foo[$EXTRA]==1.2"', ["foo exact 1.2"]),
        ('pip install "$WHEEL_DIR/foo.whl"', ["- local"]),
        ("pip install ${PWD}", ["- local"]),
    ],
)
def test_command_lines(line: str, wanted: list[str]) -> None:
    assert told(line) == wanted
