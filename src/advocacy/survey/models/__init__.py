"""What is made of a fitted model: influences, average effects, shares of what it explains."""
