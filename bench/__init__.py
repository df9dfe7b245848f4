"""Measurements against others, as ratios in one run: python -m bench."""
