"""KSV: KServe."""
