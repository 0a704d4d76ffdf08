"""How it is shared: wording, tables, figures, the ledger of numbers. Reads estimates only."""
