"""What RUN leaves behind. Random scripts against BuildKit are in test_oracle."""

import pytest

from gate.image.run import _SYSTEM
from tests.image.support import look

FILES = {
    "train": "#!/bin/sh\r\n",
    "serve*": "#!/bin/sh\n",
    "src/a.py": "a",
    "fix.sh": "#!/bin/sh\nchmod +x /app/train\n",
    "t.py": "1",
}


def after(run: str, path: str, before: str = "USER root") -> str:
    return look(f"FROM debian:12\nWORKDIR /app\nCOPY . /app/\n{before}\nRUN {run}\n", path, FILES)


@pytest.mark.parametrize(
    ("run", "path", "found"),
    [
        ("chmod +x /app/train", "/app/train", "file 0755 0:0 11"),
        ("chmod 700 train", "/app/train", "file 0700 0:0 11"),
        ("chmod -R a-r /app/src", "/app/src/a.py", "file 0200 0:0 1"),
        ("chmod +x *.sh", "/app/fix.sh", "file 0755 0:0 30"),
        ('["chmod", "+x", "/app/train"]', "/app/train", "file 0755 0:0 11"),
        ("cd / && chmod +x app/train", "/app/train", "file 0755 0:0 11"),
        ("(cd /); chmod +x train", "/app/train", "file 0755 0:0 11"),
        ("chmod +x $FILE", "/app/train", "file ? 0:0 11"),
        ("test -f x || chmod +x train", "/app/train", "file ? 0:0 11"),
        ("if x; then chmod +x train; fi", "/app/train", "file ? 0:0 11"),
        ("for f in train; do chmod +x $f; done", "/app/train", "file ? 0:0 11"),
        ("find . -name train -exec chmod +x {} +", "/app/train", "file ? 0:0 11"),
        ("find . -name serve -exec chmod +x {} +", "/app/train", "file 0644 0:0 11"),
        ("chown -R 5:6 .", "/app/src/a.py", "file 0644 5:6 1"),
        ("chown 5 train", "/app/train", "file 0644 5:0 11"),
        ("ln -s /app/train /usr/local/bin/go", "/usr/local/bin/go", "-> /app/train"),
        ("ln -s /app/train /usr/local/bin", "/usr/local/bin/train", "-> /app/train"),
        ("mv train /usr/local/bin/", "/usr/local/bin/train", "file 0644 0:0 11"),
        ("mv train /usr/local/bin/", "/app/train", "none"),
        ("cp serve /usr/bin/other", "/usr/bin/other", "file 0755 0:0 10"),
        ("cp -r src /copy && rm -rf src", "/copy/a.py", "file 0644 0:0 1"),
        ("rm -rf src", "/app/src/a.py", "none"),
        ("rm train", "/app/train", "none"),
        ("mkdir -p /x.d/y", "/x.d/y", "directory ? ?:?"),
        ("touch /app/new", "/app/new", "file 0644 0:0 ?"),
        ("install -m 700 train /usr/bin/t", "/usr/bin/t", "file 0700 0:0 11"),
        (r"sed -i 's/\r$//' train", "/app/train", "file 0644 0:0 10"),
        ("dos2unix train", "/app/train", "file 0644 0:0 10"),
        ("sed -i s/a/b/ train", "/app/train", "file 0644 0:0 ?"),
        ("echo hi > /app/out", "/app/out", "file 0644 0:0 3"),
        ("echo hi >> t.py", "/app/t.py", "file 0644 0:0 4"),
        (r"printf '%s\n' a b > out", "/app/out", "file 0644 0:0 4"),
        ("echo $X > out", "/app/out", "file 0644 0:0 ?"),
        ("{ echo a; echo b; } > out", "/app/out", "file 0644 0:0 ?"),
        ("echo x | tee out", "/app/out", "file 0644 0:0 ?"),
        ("curl -fsSLo /usr/bin/jq https://x/y", "/usr/bin/jq", "file 0644 0:0 ?"),
        ("wget -q https://x/y/z.bin", "/app/z.bin", "file 0644 0:0 ?"),
        ("tar -xzf a.tgz -C /opt/tool", "/opt/tool/bin", "?"),
        ("git clone https://h/o/repo.git", "/app/repo/x", "?"),
        ("sh fix.sh", "/app/train", "file 0755 0:0 11"),
        ("pip install x && apt-get install -y y && make", "/app/train", "file 0644 0:0 11"),
        ("umask 077 && echo hi > out", "/app/out", "file ? 0:0 3"),
    ],
)
def test_effects(run: str, path: str, found: str) -> None:
    assert after(run, path) == found


def test_the_user_owns_what_it_makes() -> None:
    assert after("echo hi > /app/out", "/app/out", "USER 7:8") == "file 0644 7:8 3"
    assert after("echo hi > /app/out", "/app/out", "USER somebody") == "file 0644 ?:? 3"


@pytest.mark.parametrize(
    ("run", "found"), [("make", "?"), ("./unknown-program", "?"), ("true", "none"), ("sh fix.sh", "none")]
)
def test_what_may_be_there_after_a_run(run: str, found: str) -> None:
    assert look(f"FROM scratch\nCOPY . /app/\nWORKDIR /app\nRUN {run}\n", "/app/nothing", FILES) == found


@pytest.mark.parametrize(
    ("run", "path", "found"),
    [
        ("pip install flask", "/usr/local/bin/flask", "?"),
        ("pip install --prefix=/deps flask", "/deps/bin/flask", "?"),
        ("pip install --prefix /deps flask", "/deps/bin/flask", "?"),
        ("pip install -t ./lib flask", "/app/lib/flask", "?"),
        ("pip install --target lib flask", "/app/lib/flask", "?"),
        ("pip install --target=$WHERE flask", "/app/nothing", "?"),
        ("pip wheel -w /wheels flask", "/wheels/flask.whl", "?"),
        ("pip wheel .", "/app/x.whl", "?"),
        ("uv sync", "/app/.venv/bin/train", "?"),
        ("uv venv /opt/venv", "/opt/venv/bin/python", "?"),
        ("conda create -p /env python=3.11", "/env/bin/python", "?"),
    ],
)
def test_installers_fill_the_folders_that_they_name(run: str, path: str, found: str) -> None:
    assert look(f"FROM python:3.11.9\nWORKDIR /app\nCOPY . /app/\nRUN {run}\n", path, FILES) == found


@pytest.mark.parametrize(
    "run",
    ["pip install flask", "pip install -t lib flask", "pip install -r t.py", "apt-get -t stable install -y nginx"],
)
def test_installers_leave_other_folders_alone(run: str) -> None:
    system = "".join(f"COPY src /{name}/\n" for name in _SYSTEM)
    assert look(f"FROM scratch\n{system}COPY . /app/\nWORKDIR /app\nRUN {run}\n", "/app/nothing", FILES) == "none"


def test_copies_of_copies_are_independent() -> None:
    dockerfile = "FROM debian:12\nUSER root\nCOPY src /one/\nRUN cp -r /one /two && chmod 600 /one/a.py\n"
    assert look(dockerfile, "/two/a.py", FILES) == "file 0644 0:0 1"
    assert look(dockerfile, "/one/a.py", FILES) == "file 0600 0:0 1"
