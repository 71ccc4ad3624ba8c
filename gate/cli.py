"""The command line: options in, exit code out. What a command does is in :mod:`gate.commands`, imported when it is
run."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

from gate.options import Command, Option, command, read

WHAT, HOW, JUDGING, REPORTS = "What to judge", "How to look at it", "What fails", "Reports"

PATHS = Option("paths", (), "PATH", "Dockerfiles, folders to search, or - for standard input. Default: .", many=True)
ONE_PATH = Option("path", (), "DOCKERFILE", "A Dockerfile, or - for standard input.")
FOR = Option("platforms", ("--for",), "PLATFORM", "The platform it is meant for; default: detected.", WHAT, many=True)
CONTEXT = Option("context", ("--context",), "DIR", "Build context; default: the Dockerfile's own folder.", WHAT)
NO_CONTEXT = Option("no_context", ("--no-context",), "", "Judge the Dockerfile alone.", WHAT)
BUILD_ARG = Option("build_args", ("--build-arg",), "K=V", "A build argument, as for docker build.", WHAT, many=True)
TARGET = Option("target", ("--target",), "STAGE", "The stage to build, as for docker build.", WHAT)
STDIN_FILENAME = Option("stdin_filename", ("--stdin-filename",), "NAME", "What to call standard input.", WHAT)
IMAGE = Option(
    "image",
    ("--image",),
    "IMAGE",
    "The image that was built of it: its name, docker-archive:FILE, oci-archive:FILE, oci-dir:FOLDER.",
    WHAT,
)
SBOM = Option("sbom", ("--sbom",), "FILE", "A bill of materials of it, for grype.", WHAT)
POLICY = Option(
    "policy",
    ("--policy",),
    "NAME|FILE",
    "A shipped policy or a file; default: the nearest mlgate.yaml or pyproject.toml.",
    JUDGING,
)
FAIL_ON = Option(
    "fail_on",
    ("--fail-on",),
    "SEVERITY",
    "Findings of this severity or above fail the gate. Default: high.",
    JUDGING,
)
SELECT = Option("select", ("--select",), "RULES", "Only these: ids, prefixes, names, engines.", JUDGING, many=True)
IGNORE = Option("ignore", ("--ignore",), "RULES", "Not these.", JUDGING, many=True)
EXTEND_SELECT = Option("extend_select", ("--extend-select",), "RULES", "These as well.", JUDGING, many=True)
BASELINE = Option("baseline", ("--baseline",), "FILE", "Accept the findings that this file names.", JUDGING)
VEX = Option("vex", ("--vex",), "FILE", "An OpenVEX document: what is known not to be affected.", JUDGING, many=True)
FORMAT = Option(
    "formats", ("--format",), "FMT[=FILE]", "A report, to standard output or to a file.", REPORTS, many=True
)
OUTPUT = Option("outputs", ("-o", "--output"), "FILE", "A report, its format taken from the name.", REPORTS, many=True)
SARIF_FULL = Option("sarif_full", ("--sarif-full",), "", "Waived and baselined findings in SARIF too.", REPORTS)
SARIF_CATEGORY = Option(
    "sarif_category",
    ("--sarif-category",),
    "NAME",
    "What keeps this run's SARIF apart from that of other runs. Default: from the paths.",
    REPORTS,
    default="",
)
COLOR = Option("color", ("--color",), "WHEN", "Colours in the text: auto, always or never.", REPORTS, default="auto")
QUIET = Option("quiet", ("-q", "--quiet"), "", "Only what blocks.", REPORTS)
VERBOSE = Option("verbose", ("-v", "--verbose"), "", "All the evidence.", REPORTS)
ENGINE = Option(
    "engines", ("--engine",), "NAME=MODE", "hadolint or grype: auto, required or off. Default: auto.", HOW, many=True
)
ENGINE_TIMEOUT = Option(
    "engine_timeout",
    ("--engine-timeout",),
    "SECONDS",
    "The longest that one call of an engine may take.",
    HOW,
    default="300",
)
NO_CACHE = Option("no_cache", ("--no-cache",), "", "Judge everything anew.", HOW)
JOBS = Option("jobs", ("--jobs",), "N", "Processes; 0: one per core.", HOW, default="0")

JUDGED_BY = (POLICY, FAIL_ON, SELECT, IGNORE, EXTEND_SELECT, BASELINE, VEX)
TOLD_BY = (FORMAT, OUTPUT, SARIF_FULL, SARIF_CATEGORY, COLOR, QUIET, VERBOSE)
BUILT_BY = (CONTEXT, NO_CONTEXT, BUILD_ARG, TARGET)


def _form(help: str) -> Option:
    return Option("form", ("--format",), "FORM", help, default="text")


@command(
    PATHS, FOR, *BUILT_BY, STDIN_FILENAME, IMAGE, SBOM, *JUDGED_BY, *TOLD_BY, ENGINE, ENGINE_TIMEOUT, NO_CACHE, JOBS
)
def check(**values: Any) -> int:
    """The gate: lint Dockerfiles, ask the engines, judge."""
    from gate.commands.arguments import Arguments
    from gate.commands.check import run

    return run(Arguments(**values))


@command(
    PATHS,
    Option("diff", ("--diff",), "", "Show what would change, and change nothing. Exit 1 if something would."),
    Option("unsafe", ("--unsafe",), "", "Also fixes that may change more than what the finding is about."),
    FOR,
    *BUILT_BY,
    STDIN_FILENAME,
    POLICY,
    SELECT,
    IGNORE,
    EXTEND_SELECT,
    BASELINE,
    Option("quiet", ("-q", "--quiet"), "", "Do not list what was fixed."),
)
def fix(diff: bool, unsafe: bool, **values: Any) -> int:
    """Mend what has a sure mending.

    Safe fixes, with --unsafe all.
    """
    from gate.commands.arguments import Arguments
    from gate.commands.fix import run

    return run(Arguments(**values), diff=diff, unsafe=unsafe)


@command(
    Option(
        "what",
        (),
        "TARGET",
        "An image of the Docker Engine, or docker-archive:FILE, oci-archive:FILE, oci-dir:FOLDER, sbom:FILE.",
    ),
    FOR,
    Option("platform", ("--platform",), "OS/ARCH", "Which image to take of one for several.", WHAT, default=""),
    *JUDGED_BY,
    *TOLD_BY,
    ENGINE,
    ENGINE_TIMEOUT,
    NO_CACHE,
)
def scan(what: str, platform: str, **values: Any) -> int:
    """The gate on an image, an archive of one, or an SBOM."""
    from gate.commands.arguments import Arguments
    from gate.commands.scan import run

    return run(Arguments(**values), what, platform)


@command(
    Option("image", (), "IMAGE", "An image of the Docker Engine."),
    Option("platforms", ("--for",), "PLATFORM", "The platform that is to run it.", WHAT, many=True),
    Option("input", ("--input",), "DIR", "Sample data: what /opt/ml/input/data is to hold.", WHAT),
    Option("model", ("--model",), "DIR|TAR", "A trained model: what a server is to load.", WHAT),
    Option("payload", ("--payload",), "FILE", "A sample request, which the server must answer.", WHAT),
    Option("content_type", ("--content-type",), "TYPE", "That of the sample request. Default: from its name.", WHAT),
    Option("hyperparameters", ("--hyperparameters",), "FILE|K=V", "Hyperparameters of the training.", WHAT, many=True),
    Option("environment", ("--env",), "K=V", "A variable that the request sets.", WHAT, many=True),
    Option("timeout", ("--timeout",), "SECONDS", "The longest that a training or a start may take.", HOW),
    Option("fast", ("--fast",), "", "Shorter waits, fewer repetitions.", HOW),
    Option("network", ("--network",), "", "Let jobs reach the network.", HOW),
    POLICY,
    Option("form", ("--format",), "FORM", "text, json or json=FILE.", REPORTS, default="text"),
    COLOR,
    Option("quiet", ("-q", "--quiet"), "", "Only what did not pass.", REPORTS),
    Option("verbose", ("-v", "--verbose"), "", "What every container wrote.", REPORTS),
)
def verify(**values: Any) -> int:
    """Run an image as its platform does, and ask it.

    Exit 0: it keeps the contract. 1: a case failed. 3: a case that is required could not be judged, or there is no
    engine or no such image.
    """
    from gate.commands.verify import Arguments, run

    return run(Arguments(**values))


@command(
    Option("words", (), "RULE", "Ids, prefixes or names.", many=True),
    _form("text, json or markdown."),
)
def rules(words: tuple[str, ...], form: str) -> int:
    """The catalogue of rules."""
    from gate.commands.rules import list_rules

    return list_rules(form, words)


@command(
    Option("word", (), "ID", "A rule, or another linter's id (DL3014, SC2086)."),
    _form("text, json or markdown."),
)
def explain(word: str, form: str) -> int:
    """One rule: why, how to mend it, a bad and a good example."""
    from gate.commands.rules import explain as run

    return run(word, form)


@command(ONE_PATH, _form("text or json."), *BUILT_BY)
def inspect(path: str, form: str, **values: Any) -> int:
    """docker inspect before the build.

    The image's configuration and files, and the line that decides each.
    """
    from gate.commands.arguments import Arguments
    from gate.commands.inspect import run

    return run(Arguments(paths=[path], **values), form)


@command(ONE_PATH, Option("output", ("--output", "-o"), "FILE", "Write it there, not to standard output."), *BUILT_BY)
def sbom(path: str, output: str | None, **values: Any) -> int:
    """What the Dockerfile pins, as CycloneDX.

    A bill of materials; each component has its file and line.
    """
    from gate.commands.arguments import Arguments
    from gate.commands.sbom import run

    return run(Arguments(paths=[path], **values), output)


@command(ONE_PATH, FOR, _form("text or json."), *BUILT_BY, IMAGE, POLICY)
def launch(path: str, form: str, **values: Any) -> int:
    """What the platform would start, step by step.

    With the line that decides each step.
    """
    from gate.commands.arguments import Arguments
    from gate.commands.launch import run

    return run(Arguments(paths=[path], **values), form)


@command()
def doctor() -> int:
    """Which engines are there, and what is missing.

    With the command that mends it.
    """
    from gate.commands.doctor import run

    return run()


@command(
    Option("ci", ("--ci",), "SYSTEM", "Its files too: github, gitlab, codebuild or pre-commit.", many=True),
    Option("force", ("--force",), "", "Overwrite what is there."),
    Option("schema", ("--schema",), "", "Print the JSON Schema of mlgate.yaml instead."),
)
def init(ci: tuple[str, ...], force: bool, schema: bool) -> int:
    """Write mlgate.yaml and the files of a CI."""
    from gate.commands import init as command

    return command.schema() if schema else command.run(ci, force)


_BASELINE = "mlgate-baseline.json"


@command(
    PATHS,
    Option("output", ("-o", "--output"), "FILE", "Where to.", default=_BASELINE),
    FOR,
    *BUILT_BY,
    POLICY,
    ENGINE,
    ENGINE_TIMEOUT,
    JOBS,
)
def baseline_write(output: str, **values: Any) -> int:
    """Accept today's findings."""
    from gate.commands.arguments import Arguments
    from gate.commands.baseline import write

    return write(Arguments(**values), output)


@command(Option("path", (), "FILE", "The baseline.", default=_BASELINE))
def baseline_show(path: str) -> int:
    """Print what a baseline accepts."""
    from gate.commands.baseline import show

    return show(path)


COMMANDS: dict[str, Command] = {
    "check": check,
    "fix": fix,
    "scan": scan,
    "verify": verify,
    "rules": rules,
    "explain": explain,
    "inspect": inspect,
    "launch": launch,
    "sbom": sbom,
    "doctor": doctor,
    "init": init,
    "baseline write": baseline_write,
    "baseline show": baseline_show,
}
GROUPS = {"baseline": "Accept today's findings, so that only new ones fail."}
"""What a first word that is no command of its own is about."""


_INTERRUPTED = 130


def run(arguments: list[str]) -> int:
    """Run a command line and give its exit code. Never raises, whatever happens."""
    from gate.commands.output import OutputError, tell, tell_exit
    from gate.policy import PolicyError
    from gate.words import told

    try:
        return _call(arguments)
    except PolicyError as error:
        *details, last = str(error).splitlines()
        for line in details:
            tell(line)
        tell_exit(2, f"wrong use: {last}")
        return 2
    except OutputError as error:
        tell_exit(3, str(error))
        return 3
    except KeyboardInterrupt:
        tell_exit(_INTERRUPTED, "interrupted")
        return _INTERRUPTED
    except Exception as error:
        if os.environ.get("MLGATE_DEBUG"):
            raise
        tell_exit(3, f"could not judge: internal error: {told(error)}; MLGATE_DEBUG=1 shows more")
        return 3


def _call(words: list[str]) -> int:
    for count in (1, 2):
        chosen = COMMANDS.get(" ".join(words[:count]))
        values = read(chosen, words[count:]) if chosen is not None else None
        if chosen is not None and values is not None:
            return chosen.run(**values)
    from gate import application

    return application.call(words, COMMANDS, GROUPS)


_COLLECT_AFTER = 200_000
"""New objects between two searches for unreachable ones. What a run makes lives nearly as long as the run: at Python's own
700, the searches take a third of a short one."""


def main() -> None:
    """The entry point of the command ``mlgate``."""
    gc.set_threshold(_COLLECT_AFTER)
    code = run(sys.argv[1:])
    gc.freeze()  # all that is left goes with the process: nobody need search it for garbage
    if code == _INTERRUPTED:
        os._exit(code)  # all is written; Python would wait for threads that may wait for ever now
    sys.exit(code)
