"""Arrow 3: an issue to a message."""
