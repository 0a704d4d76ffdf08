"""Would another defensible analysis have said the same? Every choice crossed with every other."""
