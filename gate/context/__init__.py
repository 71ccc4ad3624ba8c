"""The build context: what is in it, what the ignore file takes away, what a build is sent."""

from gate.context.build_context import BuildContext, memory_context, open_context

__all__ = ["BuildContext", "memory_context", "open_context"]
