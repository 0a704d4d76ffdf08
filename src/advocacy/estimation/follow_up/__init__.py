"""What people go on to do within some months, and who of them is still followed."""
