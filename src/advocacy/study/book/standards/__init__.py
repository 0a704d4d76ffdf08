"""What standards of reporting ask, and the terms of the book in four languages."""
