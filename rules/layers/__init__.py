"""LAY: layers, and the bytes that stay in them."""
