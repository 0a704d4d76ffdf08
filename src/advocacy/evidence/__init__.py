"""What others found: published figures, and a synthesis of those that may be pooled."""
