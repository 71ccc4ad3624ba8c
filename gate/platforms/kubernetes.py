from gate.platforms.model import Platform

PLATFORM = Platform(
    name="kubernetes",
    title="Kubernetes",
    sources=("https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/",),
    overridable=True,
    stop_seconds=30,
    user="number",
)
