"""Tests of what sync could not settle alone."""
