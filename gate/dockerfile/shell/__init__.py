"""Shell text → commands: what a RUN, a shell-form CMD or an entry script executes."""

from gate.dockerfile.shell.instruction import Shell, Shells, file_script, instruction_script
from gate.dockerfile.shell.script import parse_script

__all__ = ["Shell", "Shells", "file_script", "instruction_script", "parse_script"]
