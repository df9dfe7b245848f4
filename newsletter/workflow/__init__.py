"""The use cases: one verb, one module, called by every face."""
