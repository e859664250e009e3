"""Tests of the file, its keys and its copies."""
