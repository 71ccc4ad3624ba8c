"""Rules about what the next build would get: image references and package versions."""
