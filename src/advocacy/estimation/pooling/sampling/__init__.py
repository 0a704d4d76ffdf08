"""The multilevel model's log density, and how it is sampled."""
