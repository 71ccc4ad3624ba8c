"""What other programs read of this repository, held against those programs."""
