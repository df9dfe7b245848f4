"""Arrow 4: who is written to."""
