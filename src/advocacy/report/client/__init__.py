"""Which sections a client's report has, and in which order."""
