"""Arrow 2: items to an issue."""
