"""Files that follow ratings up, and files of invitations: their questions, dates and bases."""
