"""How wrong the headline could be: tables of it, what of them is published, and pages."""
