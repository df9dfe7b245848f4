"""Arrow 6: what comes back."""
