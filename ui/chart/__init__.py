"""Painted charts: a summary is their accessible name, a table stands beside the larger ones."""
