"""BAS: what the image starts from."""
