"""Shell text → commands: what a RUN, a shell-form CMD or an entry script executes."""

from gate.dockerfile.shell.instruction import Shell, Shells, file_script, instruction_script
from gate.dockerfile.shell.script import parse_script
from gate.dockerfile.shell.status import Options, exit_status_hidden_by, options_at

__all__ = [
    "Options",
    "Shell",
    "Shells",
    "exit_status_hidden_by",
    "file_script",
    "instruction_script",
    "options_at",
    "parse_script",
]
