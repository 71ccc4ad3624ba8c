"""The contract of a platform, run on a real engine: an image is started as the platform starts it, and asked what the
platform asks. :mod:`gate.contract.plans` says which cases a platform has."""
