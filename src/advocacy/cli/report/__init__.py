"""The command that makes a client's report."""
