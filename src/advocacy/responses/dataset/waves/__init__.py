"""What belongs to ratings and comes in files of its own: follow-up interviews, and contacts."""
