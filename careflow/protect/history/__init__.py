"""The ledger of earlier releases."""
