"""The gate's own hygiene: syntax, suppressions, waivers."""
