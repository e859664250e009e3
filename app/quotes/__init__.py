"""Quotes: arithmetic, numbering, document and PDF."""
