"""Reading servers."""
