"""Figures and tables of the book as they are written: captions, data, and what is beside them."""
