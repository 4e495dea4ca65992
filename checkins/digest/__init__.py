"""The weekly digest: gathered, counted so that nobody is given away, and published."""
