"""BLD: commands that hide their failure, or that cannot work."""
