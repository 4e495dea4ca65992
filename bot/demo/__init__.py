"""The playground's world, and the made-up company that the demo puts into it."""
