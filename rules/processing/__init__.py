"""PRC: SageMaker Processing."""
