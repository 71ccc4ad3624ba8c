"""Base images without a registry: root file systems as tar files, for `docker import` and for our own registry."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tests.engines.cache import EngineMissing, apt_program, as_root, installed, run

RELEASE = "bookworm"
PASSWD = (
    "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n"
)
GROUP = "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n"


def busybox_base() -> Path:
    """A tar of 2 MB: a static busybox in /bin with all its applets, /etc/passwd and /etc/group, /tmp, homes.

    Its users are root, app (1000:1000) and nobody. Raises EngineMissing.
    """

    def write(folder: Path) -> None:
        program = apt_program("busybox", "busybox-static")
        if b"/lib64/ld-linux" in program.read_bytes():
            raise EngineMissing(f"{program} needs a loader; install busybox-static in its place")
        applets = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
        with tarfile.open(folder / "base.tar", "w") as tar:
            for name, mode in (("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777), ("usr/bin", 0o755)):
                _add(tar, name, tarfile.DIRTYPE, mode)
            _add(tar, "home/app", tarfile.DIRTYPE, 0o755, owner=1000)
            _add(tar, "bin/busybox", tarfile.REGTYPE, 0o755, program.read_bytes())
            for applet in applets:
                if applet != "busybox":
                    _add(tar, f"bin/{applet}", tarfile.SYMTYPE, 0o777, link="busybox")
            _add(tar, "usr/bin/env", tarfile.SYMTYPE, 0o777, link="/bin/busybox")
            _add(tar, "etc/passwd", tarfile.REGTYPE, 0o644, PASSWD.encode())
            _add(tar, "etc/group", tarfile.REGTYPE, 0o644, GROUP.encode())

    return installed("base-busybox-1", write) / "base.tar"


def _add(
    tar: tarfile.TarFile, name: str, kind: bytes, mode: int, content: bytes = b"", link: str = "", owner: int = 0
) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.linkname, entry.uid, entry.gid = (
        kind,
        mode,
        len(content),
        link,
        owner,
        owner,
    )
    tar.addfile(entry, io.BytesIO(content))


# $1 an empty folder, $2 the release, $3 packages with commas, $4 the tar. In memory, because dpkg waits for the disk
# after every file.
_DEBIAN = """
set -e
mount -t tmpfs mlgate "$1"
debootstrap --variant=minbase ${3:+--include="$3"} "$2" "$1"
tar -C "$1" --exclude=./proc/* --exclude=./sys/* --exclude=*.deb --exclude=*.bin --exclude=*_Packages -cf "$4" .
"""


def debian_base(*packages: str) -> Path:
    """A tar of a minimal Debian 12 with these further packages, such as python3. Raises EngineMissing.

    The first call takes a minute or two and 150 MB or more, and needs root.
    """

    def write(folder: Path) -> None:
        apt_program("debootstrap", "debootstrap")
        with tempfile.TemporaryDirectory(prefix="mlgate-debian-") as tree:
            words = ("sh", "-c", _DEBIAN, "sh", tree, RELEASE, ",".join(packages), folder / "base.tar")
            run(*as_root(), "unshare", "--mount", *words)

    return installed("-".join(["base", RELEASE, *sorted(packages)]), write) / "base.tar"
