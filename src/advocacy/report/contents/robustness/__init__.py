"""Documents of how wrong a rate could be."""
