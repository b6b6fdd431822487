"""The ledger of messages to people: rows written with what caused them, claimed, sent, and never called delivered."""
