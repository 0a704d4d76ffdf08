"""Models of an outcome on covariates: what goes with it, by how much, and which goes furthest."""
