"""What commands install, held against the real tools where these can be asked."""
