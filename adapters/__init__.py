"""The outside: one folder for each platform, the same file names in each, none knows another."""
