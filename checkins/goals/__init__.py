"""Goals: their tree, their key results, what may be done to them and undone."""
