"""Arrow 5: message x recipient to delivery."""
