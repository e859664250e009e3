"""Possible sales and the stages that they pass."""
