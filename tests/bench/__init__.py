"""Measurements beside peers: `python dev.py bench NAME` runs one, none is part of the tests."""
