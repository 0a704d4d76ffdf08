"""What others found, as documents."""
