"""Commands on rates, and on what goes with them."""
