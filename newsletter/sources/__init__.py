"""Arrow 1, the world to items: the table of source kinds."""
