"""The conversation: what we hear, what we say, and when."""
