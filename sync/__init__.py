"""Reconciles rows between laptops and a server; knows no CRM."""
