"""The commands of `mlgate`, one module each: plain arguments in, exit code out. :mod:`gate.cli` reads the options."""
