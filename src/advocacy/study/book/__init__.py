"""The book: what it shows, what of that there is, and its build."""
