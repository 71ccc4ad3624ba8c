from gate.platforms.model import Evidence, Platform

PLATFORM = Platform(
    name="edge",
    title="edge device",
    sources=("https://coral.ai/docs/edgetpu/compiler/",),
    evidence=Evidence(
        bases=("nvcr.io/nvidia/l4t-*", "balenalib/*", "dustynv/*"),
        packages=("tflite-runtime", "pycoral", "ai-edge-litert"),
        texts=("edgetpu", "libedgetpu"),
    ),
)
