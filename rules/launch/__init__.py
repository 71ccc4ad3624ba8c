"""ENT: ENTRYPOINT, CMD, and the file that they start."""
