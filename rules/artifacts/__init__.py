"""MLA: model and data artifacts."""
