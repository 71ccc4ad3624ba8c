from gate.platforms.model import Evidence, Platform

PLATFORM = Platform(
    name="azureml",
    title="Azure ML",
    sources=("https://learn.microsoft.com/azure/machine-learning/how-to-deploy-custom-container",),
    overridable=True,
    mounts=("/var/azureml-app",),
    evidence=Evidence(
        bases=("mcr.microsoft.com/azureml/*",),
        packages=("azureml-inference-server-http", "azureml-defaults"),
        variables=("AZUREML_MODEL_DIR", "AML_APP_ROOT", "AZUREML_INFERENCE_SERVER_HTTP_ENABLED"),
        texts=("AZUREML_MODEL_DIR", "/var/azureml-app"),
    ),
)
