"""SMC: whether anything answers the word that SageMaker starts a container with."""
