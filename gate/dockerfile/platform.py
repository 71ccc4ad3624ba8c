"""Platform specifiers (``linux/arm64/v8``), as containerd reads them."""

from __future__ import annotations

import re

from gate.dockerfile import go

_PART = r"[A-Za-z0-9_.-]+"
_OS_PATTERN = r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$"
_SYSTEMS = (
    "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
    "openbsd", "plan9", "solaris", "windows", "zos",
)  # fmt: skip
_MACHINES = (
    "386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "ppc64", "ppc64le", "loong64", "mips", "mipsle",
    "mips64", "mips64le", "mips64p32", "mips64p32le", "ppc", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64",
    "wasm", "i386", "x86_64", "x86-64", "aarch64", "armhf", "armel",
)  # fmt: skip


def platform_problem(text: str) -> str:
    """containerd's words where it refuses a specifier; empty for a valid one."""
    written = go.quote(text)
    if "*" in text:
        return f"{written}: wildcards not yet supported: invalid argument"
    parts = text.split("/", 3)
    if not re.fullmatch(_OS_PATTERN, parts[0]):
        return (
            f"{go.quote(parts[0])} is an invalid OS component of {written}: "
            f"OSAndVersion specifier component must match {go.quote(_OS_PATTERN)}: invalid argument"
        )
    for part in parts[1:]:
        if not re.fullmatch(_PART, part):
            return (
                f"{go.quote(part)} is an invalid component of {written}: platform specifier component must match "
                f'"^[A-Za-z0-9_.-]+$": invalid argument'
            )
    if len(parts) > 3:
        return f"{written}: cannot parse platform specifier: invalid argument"
    name = parts[0].lower()
    system = "darwin" if name == "macos" else name.partition("(")[0]
    if len(parts) == 1 and system not in _SYSTEMS and name not in _MACHINES:
        return f"{written}: unknown operating system or architecture: invalid argument"
    return ""
