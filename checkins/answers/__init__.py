"""Answers to a check-in: read, stored, filed under goals, and open to change for a while."""
