from gate.platforms.model import Evidence, Platform, Route

PLATFORM = Platform(
    name="vertex-prediction",
    title="Vertex AI prediction",
    sources=("https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements",),
    overridable=True,
    port=8080,
    port_variables=("AIP_HTTP_PORT",),
    routes=(Route("GET", "", "AIP_HEALTH_ROUTE"), Route("POST", "", "AIP_PREDICT_ROUTE")),
    architectures=("amd64",),
    evidence=Evidence(
        bases=("*-docker.pkg.dev/vertex-ai/prediction/*",),
        variables=("AIP_HTTP_PORT", "AIP_HEALTH_ROUTE", "AIP_PREDICT_ROUTE"),
        texts=("AIP_HTTP_PORT", "AIP_HEALTH_ROUTE", "AIP_PREDICT_ROUTE"),
    ),
)
