"""Numbers that can be cited: their addresses, pages, files, and releases."""
