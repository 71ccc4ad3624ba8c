"""mlgate: the gate that a machine-learning container image passes before it ships."""

__version__ = "0.1.0"
