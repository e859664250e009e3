"""Accounts: the list, the record, the forms."""
