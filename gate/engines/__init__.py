"""Other programs that the gate asks: hadolint, grype. One interface: find, start, result; a failure is a value."""
