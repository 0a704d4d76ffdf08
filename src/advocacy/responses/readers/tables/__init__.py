"""What texts and workbooks have in common: a table, and rows around it that are no answers."""
