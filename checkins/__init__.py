"""The subject: what a check-in, a goal, a rhythm and a digest are, in plain synchronous functions."""
