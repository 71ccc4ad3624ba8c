from gate.platforms.model import Evidence, Platform, Route

PLATFORM = Platform(
    name="sagemaker-hosting",
    title="SageMaker hosting",
    sources=("https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",),
    word="serve",
    port=8080,
    port_variables=("SAGEMAKER_BIND_TO_PORT",),
    routes=(Route("GET", "/ping"), Route("POST", "/invocations")),
    mounts=("/opt/ml/model",),
    read_only=("/opt/ml/model",),
    stop_seconds=30,
    user="root",
    evidence=Evidence(
        labels=("com.amazonaws.sagemaker.capabilities.",),
        bases=("*.dkr.ecr.*/*-inference*", "public.ecr.aws/deep-learning-containers/*-inference*"),
        packages=("sagemaker-inference", "sagemaker-containers", "multi-model-server"),
        variables=("SAGEMAKER_BIND_TO_PORT", "SAGEMAKER_MULTI_MODEL"),
        programs=("serve",),
        texts=("/invocations",),
    ),
)
