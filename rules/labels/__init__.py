"""LBL: the label schema."""
