from gate.platforms.model import Evidence, Platform

PLATFORM = Platform(
    name="sagemaker-processing",
    title="SageMaker processing",
    sources=("https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html",),
    overridable=True,
    mounts=("/opt/ml/processing", "/opt/ml/config"),
    evidence=Evidence(
        bases=("*.dkr.ecr.*/sagemaker-spark-processing*",),
        texts=("/opt/ml/processing", "/opt/ml/config/resourceconfig", "/opt/ml/config/processingjobconfig"),
    ),
)
