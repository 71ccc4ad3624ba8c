from gate.platforms.model import Evidence, Platform

PLATFORM = Platform(
    name="sagemaker-training",
    title="SageMaker training",
    sources=("https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html",),
    word="train",
    overridable=True,
    mounts=("/opt/ml/input", "/opt/ml/model", "/opt/ml/output", "/opt/ml/checkpoints"),
    stop_seconds=120,
    architectures=("amd64",),
    evidence=Evidence(
        bases=(
            "*.dkr.ecr.*/*-training*",
            "*.dkr.ecr.*/sagemaker-base-python*",
            "public.ecr.aws/deep-learning-containers/*-training*",
        ),
        packages=("sagemaker-training", "sagemaker-containers"),
        variables=("SAGEMAKER_PROGRAM", "SAGEMAKER_TRAINING_MODULE", "SAGEMAKER_TRAINING_COMMAND"),
        programs=("train",),
        texts=(
            "/opt/ml/input",
            "/opt/ml/output",
            "/opt/ml/checkpoints",
            "SM_CHANNEL_",
            "SM_MODEL_DIR",
            "input/config/hyperparameters.json",  # behind prefix = "/opt/ml/"
        ),
    ),
)
