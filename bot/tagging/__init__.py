"""The taggers of all companies, kept at hand beside the conversation."""
