"""The reports, one module per format; :mod:`gate.catalogue` finds them."""
