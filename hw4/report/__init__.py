"""What people see of a ledger. Nothing here trains or decides."""
