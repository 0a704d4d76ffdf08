"""Net scores, their movement, and what a change did, as figures."""
