"""EDG: edge devices."""
