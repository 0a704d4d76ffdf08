"""How it is shared: wording, tables, figures, exports. Reads estimates only."""
