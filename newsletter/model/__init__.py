"""The nouns of the newsletter: frozen data, no input or output."""
