"""SEC: secrets, transport, users."""
