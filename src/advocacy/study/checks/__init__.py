"""What stands in the way of a study: all of it at once, by line, with the line to write."""
