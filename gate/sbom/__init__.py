"""The bill of materials before the build: what a Dockerfile pins, each component with the place of its pin."""
