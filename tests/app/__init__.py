"""Tests of the CRM without a screen."""
