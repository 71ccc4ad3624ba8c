"""An nginx that is started: which configuration it reads, and where that is in the image."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from gate.image.model import File
from gate.model import Place, Span, Unknown
from gate.servers.arguments import Given
from gate.servers.launch import Launched, Start
from gate.servers.model import Address, Server, Site, plain
from gate.servers.nginx import Reader, Unreadable, parse

_MAIN = "/etc/nginx/nginx.conf"
OF_THE_PACKAGE = "its main configuration is that of the package"
_NOWHERE = Place("", Span(1, 1, 1, 1))


def read_nginx(launched: Launched, start: Start, read: Given) -> Server:
    """The server with its site, and whether it stays in the foreground (``settings["foreground"]``)."""
    named = read.get("-c")
    path = plain(named) if named is not None else _MAIN
    reader = Reader(launched.file, launched.folder, _placer(launched))
    site: Site
    if not isinstance(path, str):
        site = Site(unread="its configuration file is not known")
    else:
        whole = posixpath.normpath(posixpath.join(_prefix(read, start), path))
        rewritten = whole in launched.rewritten or whole.rpartition("/")[2] in launched.rewritten_names
        if rewritten or launched.uncertain_file(whole):
            site = Site(
                unread=f"{whole} is written when the container starts"
                if rewritten
                else f"{whole} may be changed by a RUN"
            )
        elif isinstance(launched.file(whole), File) or named is not None:
            site = reader.read(whole)
        else:
            site = _of_the_package(launched, reader)
    addresses = [address for host in site.hosts for address in host.addresses]
    if not addresses:
        addresses = [Address(Unknown("not known"), Unknown(site.unread or "no server block"), start.place)]
    server = Server("nginx", addresses, start.place, site=site, certain=start.certain, background=start.background)
    server.settings["foreground"] = (_stays(site, read), start.place)
    return server


def _prefix(read: Given, start: Start) -> str:
    prefix = plain(read.get("-p"))
    return posixpath.join(start.cwd, prefix) if isinstance(prefix, str) else "/etc/nginx"


def _stays(site: Site, read: Given) -> bool | None:
    """Whether it stays in the foreground; None where its main configuration is not known."""
    for word in read.every.get("-g", []):
        text = plain(word)
        if not isinstance(text, str):
            return None
        try:
            for directive in parse(text if text.rstrip().endswith(";") else text + ";", lambda start, end: _NOWHERE):
                if directive.name == "daemon":
                    return directive.words[:1] == ["off"]
        except Unreadable:
            return None
    told = site.in_foreground
    if told is None and site.unread:
        return None
    return bool(told)


def _of_the_package(launched: Launched, reader: Reader) -> Site:
    """The main file is the package's own, which includes ``conf.d`` and ``sites-enabled``."""
    paths: list[str] = []
    for folder, ending in (("/etc/nginx/conf.d", ".conf"), ("/etc/nginx/sites-enabled", "")):
        listed = launched.own_files(folder)
        paths += [file.path for file in listed if file.path.endswith(ending)]
    site = reader.parts(paths)
    if not paths or "/etc/nginx/sites-enabled/default" not in paths:
        site.unread = site.unread or OF_THE_PACKAGE
    return site


def _placer(launched: Launched) -> Callable[[File, str], Callable[[int, int], Place]]:
    from gate.dockerfile.source import Source

    def of(file: File, text: str) -> Callable[[int, int], Place]:
        if file.source is None and file.instruction is not None:
            fixed = file.instruction.place
            return lambda start, end: fixed
        source = Source(launched.shown(file), b"")
        source.text = text
        return source.place

    return of
