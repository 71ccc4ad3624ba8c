from gate.platforms.model import Evidence, Platform, Route

PLATFORM = Platform(
    name="kserve",
    title="KServe",
    sources=("https://kserve.github.io/website/latest/modelserving/v1beta1/custom/custom_model/",),
    overridable=True,
    port=8080,
    port_variables=("PORT",),
    routes=(Route("POST", "/v1/models/<model>:predict"), Route("POST", "/v2/models/<model>/infer")),
    mounts=("/mnt/models",),
    read_only=("/mnt/models",),
    stop_seconds=30,
    user="number",
    evidence=Evidence(
        bases=("kserve/*", "docker.io/kserve/*", "seldonio/*"),
        packages=("kserve", "seldon-core", "mlserver"),
        texts=("/mnt/models", "kserve.ModelServer", "/v1/models/", "/v2/models/"),
    ),
)
