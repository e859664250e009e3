"""Appointments, tasks and calls."""
