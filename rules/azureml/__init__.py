"""AZM: Azure ML."""
