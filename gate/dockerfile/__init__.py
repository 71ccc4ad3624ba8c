"""A Dockerfile as BuildKit understands it: source text → instructions → stages → shell commands, every token with its place."""
