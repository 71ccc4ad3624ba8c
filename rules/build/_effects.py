"""What a command of a RUN is for, as far as its name and its first words tell."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from gate.dockerfile.command import Command
from gate.packages.options import listed


class Effect(IntEnum):
    """Kinds of commands, by how much it matters that they succeed."""

    NOTHING = 0  # cannot fail, or only prints
    PROBE = 1  # asks something, or makes what may be there already: grep, useradd, mkdir
    CLEANUP = 2  # removes something
    OTHER = 3
    DOWNLOAD = 4
    COMPILE = 5
    INSTALL = 6


_BY_NAME: dict[str, Effect] = {
    name: effect
    for effect, names in (
        (
            Effect.NOTHING,
            """echo printf true : set unset export shopt umask sleep date pwd trap alias readonly local declare typeset
            exit return break continue shift let clear wait yes uname arch nproc env printenv hostname""",
        ),
        (
            Effect.PROBE,
            """[ [[ (( test grep egrep fgrep zgrep rg which command type hash ls stat id getent ldd file diff cmp cat head tail
            locate compileall py_compile nvidia-smi whereis whoami groups du df ps sort uniq wc cut tr dirname basename readlink realpath useradd
            adduser groupadd addgroup usermod groupmod chown chgrp chsh passwd chpasswd gpasswd mkdir touch ln
            update-alternatives ldconfig service systemctl setcap getcap locale-gen dpkg-reconfigure update-ca-certificates
            mknod sysctl expr seq read lsb_release rpm-query ssh-keyscan getconf updatedb mandb tty stty""",
        ),
        (
            Effect.CLEANUP,
            """rm rmdir unlink shred strip truncate userdel deluser groupdel delgroup kill pkill killall umount deactivate
            sync gpgconf pyclean jupyter-kernelspec localepurge deborphan debfoster apt-mark""",
        ),
        (
            Effect.DOWNLOAD,
            """nltk.downloader curl wget aria2c axel gdown rsync scp sftp ftp huggingface-cli hf lftp svn hg oras s5cmd rclone azcopy kaggle
            wget2 http""",
        ),
        (
            Effect.COMPILE,
            """make gmake cmake ninja gcc g++ cc c++ clang clang++ nvcc configure autoreconf autogen.sh bootstrap.sh meson bazel
            bazelisk mvn mvnw gradle gradlew ant sbt scons javac rustc tsc webpack vite ng qmake b2 bjam waf buildr msbuild
            dotnet swift colcon catkin_make protoc cython f2py build.sh compile.sh""",
        ),
        (
            Effect.INSTALL,
            """easy_install pip-sync debootstrap gdebi install.sh install-zef.sh cpan cpanm luarocks stack cabal opam
            nvidia-installer mk-build-deps installer rustup rustup-init ghcup sdk nvm pyenv asdf volta fnm brew snap flatpak
            install2.r install.r mim ensurepip""",
        ),
    )
    for name in names.split()
}

_VERBS: dict[str, dict[Effect, str]] = {
    "apt-get apt aptitude": {
        Effect.INSTALL: "install reinstall upgrade dist-upgrade full-upgrade build-dep satisfy",
        Effect.CLEANUP: "remove purge autoremove autopurge clean autoclean distclean",
        Effect.DOWNLOAD: "download source",
    },
    "yum dnf dnf5 microdnf tdnf": {
        Effect.INSTALL: "install in reinstall localinstall groupinstall group groups update upgrade up upgrade-minimal "
        "update-minimal distro-sync builddep module swap",
        Effect.CLEANUP: "remove rm erase autoremove clean",
        Effect.PROBE: "list search info repolist history makecache check-update versionlock",
    },
    "apk": {Effect.INSTALL: "add fix upgrade", Effect.CLEANUP: "del cache", Effect.PROBE: "info search"},
    "zypper": {
        Effect.INSTALL: "install in update up dist-upgrade dup patch source-install si",
        Effect.CLEANUP: "remove rm clean cc",
    },
    "dpkg": {
        Effect.INSTALL: "-i --install --unpack",
        Effect.CLEANUP: "-r -P --remove --purge",
        Effect.PROBE: "-l -L -s -S --print-architecture",
    },
    "rpm": {
        Effect.INSTALL: "-i -U -F -ivh -Uvh -ihv -Uhv --install --upgrade",
        Effect.CLEANUP: "-e --erase",
        Effect.PROBE: "-q -qa -qi -ql --import",
    },
    "pip pipx uv pipenv poetry pdm": {
        Effect.INSTALL: "install sync add lock wheel tool pip",
        Effect.DOWNLOAD: "download",
        Effect.CLEANUP: "uninstall remove cache",
        Effect.PROBE: "list freeze show check config debug",
    },
    "conda mamba micromamba": {
        Effect.INSTALL: "install create update upgrade env",
        Effect.CLEANUP: "clean remove uninstall",
        Effect.PROBE: "list info config init search deactivate",
    },
    "npm yarn pnpm bun": {
        Effect.INSTALL: "install i ci add update upgrade rebuild link",
        Effect.COMPILE: "run build",
        Effect.CLEANUP: "cache uninstall remove prune rm",
        Effect.PROBE: "audit config list ls view",
    },
    "gem bundle composer cargo go mix dart flutter": {
        Effect.INSTALL: "install get add update require build mod fetch",
        Effect.CLEANUP: "clean cleanup uninstall clear-cache",
    },
    "git": {
        Effect.DOWNLOAD: "clone fetch pull submodule lfs checkout",
        Effect.CLEANUP: "clean gc",
        Effect.PROBE: "config remote status log rev-parse describe init",
    },
    "jupyter jupyter-labextension jupyter-nbextension": {
        Effect.INSTALL: "labextension nbextension serverextension lab install",
        Effect.CLEANUP: "kernelspec",
    },
    "apt-key": {Effect.CLEANUP: "del"},
    "spacy": {Effect.DOWNLOAD: "download"},
    "aws gsutil gcloud az": {Effect.DOWNLOAD: "s3 cp storage"},
    "playwright": {Effect.INSTALL: "install install-deps"},
    "setup.py": {Effect.INSTALL: "install develop build build_ext bdist_wheel build_py", Effect.CLEANUP: "clean"},
}
"""Programs with commands of their own: the first word of a kind decides."""

_BY_VERB = {
    name: {verb: effect for effect, verbs in rows.items() for verb in verbs.split()}
    for names, rows in _VERBS.items()
    for name in names.split()
}

_ASKS = listed("--version -V -version --help -h")


def effect(command: Command) -> Effect:
    """What a command is for; OTHER where that cannot be told."""
    name = command.name
    if name is None:
        return Effect.OTHER
    if name == "":
        return Effect.NOTHING
    values = command.values
    if name.startswith(("python", "pypy")):
        name, values = _module(name, values)
    if len(values) == 1 and values[0] in _ASKS:
        return Effect.PROBE
    found = _BY_NAME.get(name)
    if found is not None:
        return found
    if name == "find":
        return _find(values)
    if name in ("R", "Rscript", "julia"):
        code = " ".join(value or "" for value in values)
        return Effect.INSTALL if "install" in code or "Pkg.add" in code else Effect.OTHER
    return _verb(_plain(name), values)


@lru_cache(maxsize=512)
def _plain(name: str) -> str:
    return name if name in _BY_VERB else name.rstrip("0123456789.-")


def _verb(name: str, values: list[str | None]) -> Effect:
    verbs = _BY_VERB.get(name)
    if verbs is None:
        return Effect.INSTALL if name.startswith("install") and name.endswith(".sh") else Effect.OTHER
    for value in values:
        if value in verbs:
            return verbs[value]
    return Effect.OTHER


def _module(name: str, values: list[str | None]) -> tuple[str, list[str | None]]:
    """``python -m pip install`` → pip, ``python setup.py install`` → setup.py."""
    for at, value in enumerate(values):
        if value == "-m" and at + 1 < len(values):
            return values[at + 1] or "", values[at + 2 :]
        if value is None or not value.startswith("-"):
            return (value or "").rpartition("/")[2] or name, values[at + 1 :]
        if value.startswith("-c"):
            break
    return name, values


def _find(values: list[str | None]) -> Effect:
    if "-delete" in values or any(value in ("rm", "strip", "rmdir", "/bin/rm") for value in values):
        return Effect.CLEANUP
    return Effect.OTHER if any(value in ("-exec", "-execdir") for value in values) else Effect.PROBE
