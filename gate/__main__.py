"""``python -m gate`` is ``mlgate``."""

from gate.cli import main

main()
