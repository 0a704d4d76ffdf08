"""How does a source become a partition of a dataset, and leave it again?"""
