"""What an image serves on a platform: one answer for all rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.image.model import Config
from gate.memo import memo
from gate.model import Place, Unknown
from gate.platforms.argv import effective_argv
from gate.platforms.image import launch_image
from gate.platforms.launch import launch
from gate.platforms.model import Platform
from gate.platforms.outcome import Doubt, Fails, Outcome, Verdict
from gate.platforms.registry import platforms
from gate.servers.launch import Start
from gate.servers.model import EVERYWHERE, Address, Answer, Host, Route, Server, Serving
from gate.servers.nginx import Unreadable, choose, passed_on

if TYPE_CHECKING:
    from gate.build import Build


def serving(build: Build, platform: str) -> Serving | None:
    """What the launch on a platform starts; None where nothing is launched there, or nothing that works."""
    if platform not in build.platforms or build.target is None or build.faults:
        return None
    kept = memo(build, "serving")
    if platform not in kept:
        kept[platform] = _work_out(build, platform)
    found: Serving = kept[platform]
    return None if found.silent else found


def explored(build: Build, platform: str, words: tuple[str, ...]) -> Serving | None:
    """What the launch starts when it is given more words; None where its own are not known."""
    outcome = launch(build, platform)
    if outcome.argv is None or outcome.verdict is Verdict.FAILS:
        return None
    return _work_out(build, platform, words)


def _work_out(build: Build, name: str, words: tuple[str, ...] = ()) -> Serving:
    outcome = launch(build, name)
    platform = platforms()[name]
    place = outcome.place or build.stages[-1].from_.place
    found = Serving(place=place)
    if outcome.verdict is Verdict.FAILS:
        found.silent = True
        return found
    argv = outcome.argv or _words(build, platform, outcome)
    if argv is None:
        found.undecided = outcome.unknown
        found.platform_serves = outcome.unknown is None
        return found
    from gate.servers.start import Explorer

    explorer = Explorer(build, platform, found)
    config = explorer.image.config
    directory = config.working_dir
    found.place = place = _launch_place(config, place)
    start = Start("", [], place, directory if isinstance(directory, str) and directory else "/")
    try:
        explorer.program([*argv, *words], start)
    except RecursionError:
        found.unread.append(("its programs are nested too deeply", place))
    if not found.servers and not found.unread and not found.platform_serves:
        found.followed = True
        found.unread.append(("it starts no server that is known", place))
    if outcome.unknown is not None and not found.servers:
        found.undecided = outcome.unknown
    return found


def _words(build: Build, platform: Platform, outcome: Outcome) -> list[str] | None:
    """What would be started if the build did not stop: the files that are there say as much as ever."""
    if outcome.verdict is not Verdict.UNDECIDED or launch_image(build).first_fault is None:
        return None
    try:
        return effective_argv(launch_image(build).config, platform, build.settings)
    except (Doubt, Fails):
        return None


def _launch_place(config: Config, default: Place) -> Place:
    """The ENTRYPOINT, else the CMD that starts it all."""
    instruction = config.set_by.get("Entrypoint") or config.set_by.get("Cmd")
    return instruction.place if instruction is not None else default


# Questions -----------------------------------------------------------------------------------------------------------


def doors(found: Serving, port: int | None) -> list[tuple[Server, Address]]:
    """The servers that requests to a port reach, from outside or not."""
    return [(server, address) for server, address in found.outside() if address.port == port]


def answers(found: Serving, port: int, method: str, path: str) -> Answer:
    """What a request to the container's port meets."""
    at = doors(found, port)
    if not at:
        return Answer("unknown", reason="what listens there is not known")
    return ask(found, at[0][0], at[0][1], method, path)


def ask(found: Serving, server: Server, address: Address, method: str, path: str, depth: int = 0) -> Answer:
    """What a request to an address of a server meets."""
    if server.routes is not None:
        return _ready_made(server, method, path)
    if server.app is not None:
        answer: Answer = server.app.answer(method, path)
        return answer
    if server.site is not None and depth < 3:
        return _through(found, server, address, method, path, depth)
    return Answer("unknown", reason=server.unread or f"{server.kind} is not read")


def _ready_made(server: Server, method: str, path: str) -> Answer:
    allowed = set()
    for verb, route in server.routes or ():
        if route == path or (route.endswith("*") and path.startswith(route[:-1])):
            allowed.add(verb)
    if method in allowed:
        return Answer("yes", [Route(path, "", frozenset({method}), server.place)])
    return Answer("no", allowed=frozenset(allowed), place=server.place)


def _through(found: Serving, server: Server, address: Address, method: str, path: str, depth: int) -> Answer:
    """nginx: the location for a path, and what is behind it."""
    assert server.site is not None
    if server.site.unread and not server.site.hosts:
        return Answer("unknown", reason=server.site.unread)
    host = next((host for host in server.site.hosts if address in host.addresses), None)
    if host is None:
        return Answer("unknown", reason="its server block is not known")
    if any(directive.name in ("return", "rewrite", "if") for directive in host.directives):
        return Answer("unknown", reason="its server block rewrites requests")
    try:
        location = choose(host, path)
    except Unreadable:
        return Answer("unknown", reason="an expression of a location is not read")
    if location is None:
        return Answer("unknown" if server.site.unread else "no", place=host.place, reason=server.site.unread)
    if location.unread:
        return Answer("unknown", reason=f"{location.unread} is not read")
    if location.status is not None:
        good = 200 <= location.status < 300
        route = Route(path, "", None, location.place)
        return Answer("yes", [route]) if good else Answer("no", [], place=location.place)
    if not location.to:
        return Answer("unknown", reason="the location answers with files")
    return _behind(found, host, location.to, method, passed_on(location, path), depth)


def _behind(found: Serving, host: Host, to: str, method: str, path: str, depth: int) -> Answer:
    for server in found.servers:
        if server.site is not None and host in server.site.hosts:
            targets = server.site.upstreams.get(to, [to])
            break
    else:
        targets = [to]
    for target in targets:
        for server in found.servers:
            for address in server.addresses:
                if server.site is None and _same(target, address):
                    return ask(found, server, address, method, path, depth + 1)
    return Answer("unknown", reason=f"what listens on {to} is not read")


def _same(target: str, address: Address) -> bool:
    """``unix:/tmp/gunicorn.sock`` or ``127.0.0.1:8000`` as the address of a server."""
    target = target.removeprefix("http://")
    if target.startswith("unix:"):
        return bool(address.socket) and address.socket.strip("/") == target.removeprefix("unix:").strip(":/")
    host, colon, port = target.rpartition(":")
    if not colon:
        return False
    local = host in ("localhost", "127.0.0.1", EVERYWHERE, "[::1]", "")
    return local and port.isdigit() and address.port == int(port[:6])


def front(found: Serving) -> list[tuple[Server, Address]]:
    """The servers that stand at the door: with an nginx, that one; else all of them."""
    outside = list(found.outside())
    proxies = [
        (server, address)
        for server, address in outside
        if server.site is not None and not isinstance(address.port, Unknown)
    ]
    return proxies or outside
