"""What the libraries that a serving program uses do with its values: environment, processes, command lines, servers.

Each function here is one that programs call, by its dotted name; what a framework's application does is in
:mod:`gate.servers.frameworks`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from gate.lazy import pattern
from gate.model import Place, Unknown
from gate.record import dataclass, field
from gate.servers import frameworks
from gate.servers.apps import App
from gate.servers.model import UNKNOWN, Variable, plain
from gate.servers.program import Program
from gate.servers.values import External, Function, Method, Module, Namespace, Stopped, convert, truth

_SPECIFIED = pattern(r"\{[^}]*[:!{\[.]")
"""A field of ``str.format`` that says more than which value: a width may be of any length."""


@dataclass(eq=False, slots=True)
class Parser:
    """``argparse``: names without dashes → default. ``open``: it has more than is listed."""

    defaults: dict[str, Any] = field(default_factory=dict)
    options: dict[str, tuple[str, str]] = field(default_factory=dict)  # --port → (name, kind)
    open: bool = False


def call(program: Program, called: Any, args: list[Any], kwargs: dict[str, Any], node: Any, module: Module) -> Any:
    if isinstance(called, External):
        known = _FUNCTIONS.get(called.name)
        if known is not None:
            return known(program, args, kwargs, module.file.place(node))
        found = frameworks.call(program, called, args, kwargs, node, module)
        if found is not NotImplemented:
            return found
        return pass_to(program, called.name, args, kwargs)
    if isinstance(called, Method):
        found = _method(program, called, args, kwargs, node, module)
        if found is not NotImplemented:
            return found
    return pass_to(program, "", args, kwargs)


def pass_to(program: Program, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call of something that is not known: an application that is handed to it may get more routes."""
    given = [value for value in (*args, *kwargs.values()) if isinstance(value, App)]
    wrapper = frameworks.wraps(name)
    for app in given:
        if not (wrapper or frameworks.is_harmless(name)):
            app.open = app.open or f"{name.removesuffix('()') or 'a function that is not known'} may add routes"
    if wrapper and given:
        return given[0]
    return External(f"{name}()", tuple(given)) if name else UNKNOWN


def attribute(owner: Any, name: str) -> Any:
    if isinstance(owner, Namespace):
        return owner.names.get(name, UNKNOWN)
    return UNKNOWN if isinstance(owner, (Unknown, Variable)) or owner is None else Method(owner, name)


def set_attribute(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, Namespace):
        owner.names[name] = value


def set_item(owner: Any, key: Any, value: Any, target: Any, module: Module) -> None:
    if isinstance(owner, Method) and isinstance(owner.owner, App) and owner.name == "config" and isinstance(key, str):
        owner.owner.settings[key] = (value, module.file.place(target))


def _method(
    program: Program, called: Method, args: list[Any], kwargs: dict[str, Any], node: Any, module: Module
) -> Any:
    owner, name = called.owner, called.name
    place = module.file.place(node)
    if isinstance(owner, Parser):
        return _parser_method(program, owner, name, args, kwargs)
    if isinstance(owner, Namespace):
        return UNKNOWN
    if isinstance(owner, str):
        return _text_method(owner, name, args)
    if isinstance(owner, dict):
        return _mapping_method(owner, name, args)
    if isinstance(owner, list):
        return _list_method(owner, name, args)
    return frameworks.method(program, owner, name, args, kwargs, place)


def first(args: list[Any], kwargs: dict[str, Any], at: int, name: str, default: Any = None) -> Any:
    """An argument by its position or its name."""
    if at < len(args):
        return args[at]
    return kwargs.get(name, default)


# Plain values --------------------------------------------------------------------------------------------------------


def _text_method(owner: str, name: str, args: list[Any]) -> Any:
    known = all(isinstance(value, str) for value in args)
    if name == "join" and len(args) == 1 and isinstance(args[0], (list, tuple)):
        return owner.join(args[0]) if all(isinstance(each, str) for each in args[0]) else UNKNOWN
    if name == "format" and "{" in owner:
        if _SPECIFIED.search(owner) or len(owner) > 1000:
            return UNKNOWN
        values = [plain(value) for value in args]
        if all(isinstance(value, (str, int)) for value in values):
            variable = next((value.name for value in args if isinstance(value, Variable)), "")
            try:
                text = owner.format(*values)
            except (IndexError, KeyError, ValueError):
                return UNKNOWN
            return Variable(variable, text) if variable else text
        return UNKNOWN
    simple = (
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
    )
    if name in simple and known and len(args) <= 1:
        return getattr(owner, name)(*args)
    return UNKNOWN


def _mapping_method(owner: dict[Any, Any], name: str, args: list[Any]) -> Any:
    if name == "get" and args and isinstance(args[0], (str, int)):
        return owner.get(args[0], args[1] if len(args) > 1 else None)
    if name == "update" and args and isinstance(args[0], dict):
        owner.update(args[0])
        return None
    if name == "items":
        return list(owner.items())
    return dict(owner) if name == "copy" else UNKNOWN


def _list_method(owner: list[Any], name: str, args: list[Any]) -> Any:
    if name == "append" and args:
        owner.append(args[0])
    elif name == "extend" and args:
        owner.extend(args[0] if isinstance(args[0], (list, tuple)) else [UNKNOWN])
    elif name == "insert" and len(args) == 2 and isinstance(args[0], int):
        owner.insert(args[0], args[1])
    elif name == "copy":
        return list(owner)
    else:
        return UNKNOWN
    return None


# Command lines -------------------------------------------------------------------------------------------------------


def _parser(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return Parser()


def _parser_method(program: Program, parser: Parser, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if name == "add_argument":
        names = [value for value in args if isinstance(value, str)]
        if len(names) != len(args) or not names:
            parser.open = True
            return UNKNOWN
        long = next((each for each in names if each.startswith("--")), names[0])
        dest = kwargs.get("dest") or long.lstrip("-").replace("-", "_")
        action = kwargs.get("action")
        kind = action if isinstance(action, str) else "store"
        default = kwargs.get("default", {"store_true": False, "store_false": True}.get(kind))
        number = kwargs.get("type")
        if isinstance(number, External) and number.name == "builtins.int":
            default = convert(int, default) if isinstance(plain(default), str) else default
            kind = "int" if kind == "store" else kind
        parser.defaults[dest] = default
        for each in names:
            parser.options[each] = (dest, kind)
        return UNKNOWN
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return parser
    if name in ("parse_args", "parse_known_args"):
        given = args[0] if args and isinstance(args[0], list) else program.argv[1:]
        read = Namespace(_read_words(parser, given))
        return read if name == "parse_args" else (read, [])
    if name == "set_defaults":
        parser.defaults.update(kwargs)
        return None
    parser.open = parser.open or name == "add_subparsers"
    return UNKNOWN


def _read_words(parser: Parser, words: list[Any]) -> dict[str, Any]:
    found = dict(parser.defaults)
    operands = [dest for option, (dest, _) in parser.options.items() if not option.startswith("-")]
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        name, equals, value = word.partition("=") if isinstance(word, str) else ("", "", "")
        if name not in parser.options or not isinstance(word, str):
            if operands and isinstance(word, str) and not word.startswith("-"):
                found[operands.pop(0)] = word
            continue
        dest, kind = parser.options[name]
        if kind in ("store_true", "store_false"):
            found[dest] = kind == "store_true"
            continue
        given: Any = value if equals else (words[at] if at < len(words) else UNKNOWN)
        at += 0 if equals else 1
        found[dest] = convert(int, given) if kind == "int" else given
    return found


# Functions -----------------------------------------------------------------------------------------------------------


def _environ(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    name = first(args, kwargs, 0, "key")
    default = first(args, kwargs, 1, "default")
    return program.environment(name, default) if isinstance(name, str) else UNKNOWN


def _conversion(kind: Callable[[Any], Any]) -> Callable[..., Any]:
    def convert_to(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
        return convert(kind, args[0]) if args else UNKNOWN

    return convert_to


def _bool(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    known = truth(args[0]) if args else False
    return UNKNOWN if known is None else known


def _length(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return len(args[0]) if args and isinstance(args[0], (list, tuple, dict, str)) else UNKNOWN


def _list(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return list(args[0]) if args and isinstance(args[0], (list, tuple)) else ([] if not args else UNKNOWN)


def _dict(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return {**(args[0] if args and isinstance(args[0], dict) else {}), **kwargs}


def _getattr(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    if len(args) >= 2 and isinstance(args[1], str):
        return program.attribute(args[0], args[1])
    return UNKNOWN


def _join(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    values = [plain(value) for value in args]
    if not values or not all(isinstance(value, str) for value in values):
        return UNKNOWN
    variable = next((value.name for value in args if isinstance(value, Variable)), "")
    joined = posixpath.join(*values)
    return Variable(variable, joined) if variable else joined


def _path_part(part: Callable[[str], str]) -> Callable[..., Any]:
    def of(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
        return part(args[0]) if args and isinstance(args[0], str) else UNKNOWN

    return of


def _open(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    path, mode = plain(first(args, kwargs, 0, "file")), plain(first(args, kwargs, 1, "mode", "r"))
    if isinstance(path, str) and isinstance(mode, str) and set(mode) & set("wa+"):
        program.writes.add(path)
    return External("builtins.open()")


def _wait(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    program.waits = True
    return UNKNOWN


def _exit(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    raise Stopped


def _process(waited: bool) -> Callable[..., Any]:
    def start(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
        argv = first(args, kwargs, 0, "args", UNKNOWN)
        shell = truth(kwargs.get("shell", False))
        if shell is not True and isinstance(argv, str):
            argv = argv.split() if shell is False else UNKNOWN
        return program.spawn(argv, place, kwargs.get("cwd"), waited=waited, environment=kwargs.get("env"))

    return start


def _shell_text(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return program.spawn(args[0] if args and isinstance(args[0], str) else UNKNOWN, place, waited=True)


def _split(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    import shlex

    text = plain(args[0]) if args else UNKNOWN
    try:
        return shlex.split(text) if isinstance(text, str) and len(text) < 4096 else UNKNOWN
    except ValueError:
        return UNKNOWN


def _exec_list(skip: int) -> Callable[..., Any]:
    """``os.execvp(FILE, [ARGV0, …])``; ``skip``: arguments in front of FILE."""

    def execute(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
        words = args[skip + 1] if len(args) > skip + 1 else UNKNOWN
        argv = [args[skip], *words[1:]] if isinstance(words, (list, tuple)) else UNKNOWN
        return program.spawn(argv, place, waited=True)

    return execute


def _exec_words(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return program.spawn([args[0], *args[2:]] if args else UNKNOWN, place, waited=True)


def _run_target(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    """``Thread(target=f)``, ``typer.run(f)``, ``fire.Fire(f)``: the function is called."""
    target = kwargs.get("target", args[0] if args else None)
    given = kwargs.get("args", ())
    if isinstance(target, (Function, Method)):
        module = target.module if isinstance(target, Function) else None
        if isinstance(target, Function) and module is not None:
            program.enter(target, list(given) if isinstance(given, (list, tuple)) else [], {})
    return External("threading.Thread()")


def _click_option(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    """A parameter of a command: its name, and what the command line or the default says."""
    names = [value for value in args if isinstance(value, str)]
    long = next((name for name in names if name.startswith("--")), names[0] if names else "")
    parser = Parser({"value": kwargs.get("default")}, dict.fromkeys(names, ("value", "store")))
    value = _read_words(parser, program.argv[1:])["value"]
    default = kwargs.get("default")
    plain_names = [name for name in names if not name.startswith("-")]
    dest = plain_names[0] if plain_names else long.lstrip("-").replace("-", "_")
    return External("click.option()", (dest, convert(int, value) if isinstance(default, int) else value))


def _typer_option(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return first(args, kwargs, 0, "default", UNKNOWN)


def _run_main(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return args[0] if args else UNKNOWN


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "os.environ.get": _environ, "os.getenv": _environ, "os.environ.setdefault": _environ, "decouple.config": _environ,
    "builtins.int": _conversion(int), "builtins.str": _conversion(str), "builtins.float": _conversion(float),
    "builtins.bool": _bool, "builtins.len": _length, "builtins.list": _list, "builtins.tuple": _list, "builtins.dict": _dict,
    "builtins.getattr": _getattr, "os.path.join": _join, "os.path.dirname": _path_part(posixpath.dirname),
    "os.path.abspath": _path_part(str), "os.path.realpath": _path_part(str), "os.path.basename": _path_part(posixpath.basename),
    "sys.exit": _exit, "builtins.exit": _exit, "builtins.quit": _exit, "os._exit": _exit,
    "builtins.open": _open, "os.wait": _wait, "subprocess.Popen().wait": _wait, "subprocess.Popen().communicate": _wait,
    "subprocess.Popen": _process(False), "subprocess.run": _process(True), "subprocess.call": _process(True),
    "subprocess.check_call": _process(True), "subprocess.check_output": _process(True), "os.system": _shell_text,
    "os.popen": _shell_text, "shlex.split": _split, "asyncio.create_subprocess_exec": _exec_words,
    "os.execv": _exec_list(0), "os.execvp": _exec_list(0), "os.execve": _exec_list(0), "os.execvpe": _exec_list(0),
    "os.execl": _exec_words, "os.execlp": _exec_words, "os.spawnvp": _exec_list(1), "os.spawnv": _exec_list(1),
    "argparse.ArgumentParser": _parser, "configargparse.ArgumentParser": _parser,
    "threading.Thread": _run_target, "multiprocessing.Process": _run_target,
    "typer.run": _run_target, "fire.Fire": _run_target,
    "click.option": _click_option, "typer.Option": _typer_option, "asyncio.run": _run_main, "anyio.run": _run_target,
    "uvloop.run": _run_main,
}  # fmt: skip
