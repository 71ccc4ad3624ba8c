"""LMB: AWS Lambda."""
