"""Code pages: which one the bytes of a text are in, and the text."""
