"""Rows made into the values that views show."""
