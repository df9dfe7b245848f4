"""The gate before sending: findings and the checks that yield them."""
