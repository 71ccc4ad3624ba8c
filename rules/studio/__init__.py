"""STU: SageMaker Studio."""
