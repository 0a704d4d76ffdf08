"""How the build of the study speaks: which task it is at, how far, and what went wrong."""
