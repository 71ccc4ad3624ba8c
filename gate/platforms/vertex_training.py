from gate.platforms.model import Evidence, Platform

PLATFORM = Platform(
    name="vertex-training",
    title="Vertex AI training",
    sources=("https://cloud.google.com/vertex-ai/docs/training/create-custom-container",),
    overridable=True,
    architectures=("amd64",),
    evidence=Evidence(
        bases=("*-docker.pkg.dev/vertex-ai/training/*", "gcr.io/deeplearning-platform-release/*"),
        texts=("AIP_MODEL_DIR", "AIP_CHECKPOINT_DIR", "AIP_TENSORBOARD_LOG_DIR"),
    ),
)
