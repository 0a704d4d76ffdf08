"""Documents of models: what goes with an outcome, and which of it goes furthest."""
