"""Whole programs as separate processes."""
