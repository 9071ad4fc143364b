"""Reads: facts to plan from, what a letter needs, and the ledger of deliveries."""
