from gate.platforms.model import Evidence, Platform

PLATFORM = Platform(
    name="sagemaker-studio",
    title="SageMaker Studio",
    sources=("https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-byoi-specs.html",),
    port=8888,
    mounts=("/home/sagemaker-user", "/opt/.sagemakerinternal", "/var/log/studio"),
    size_limit=35 * 10**9,
    evidence=Evidence(
        bases=("public.ecr.aws/sagemaker/sagemaker-distribution*", "*/sagemaker-distribution*"),
        texts=("/home/sagemaker-user", "jupyterlab/default", "CodeEditor/default"),
    ),
)
