"""The ledger: one record a claim instance, as JSON."""
