"""What the commands of a build install: which packages, in which versions, said where.

One module per kind of package manager; each turns a :class:`~gate.dockerfile.command.Command` into
:class:`~gate.packages.model.Install` objects. :mod:`gate.packages.installs` finds them all, once per build, and
:mod:`gate.packages.files` follows requirement files into the build context.
"""
