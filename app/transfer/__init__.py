"""Bringing records in from files and taking them out."""
