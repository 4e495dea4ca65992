"""People, their teams, accounts and workspaces, and when they are away."""
