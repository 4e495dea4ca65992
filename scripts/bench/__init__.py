"""The engine's figures, each part in a module of its own."""
