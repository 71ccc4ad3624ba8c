"""The image before it is built: what its configuration and its files will be, and which line decides each."""
