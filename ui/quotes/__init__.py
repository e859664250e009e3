"""Quotes on screen: their list and the editor with the printed page beside it."""
