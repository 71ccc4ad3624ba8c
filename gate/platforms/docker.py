from gate.platforms.model import Platform

PLATFORM = Platform(
    name="docker",
    title="plain Docker",
    sources=("https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact",),
    stop_seconds=10,
)
