"""The desk of the screens of the day."""

from tests.ui.desk import desk, profile, template, workspace

__all__ = ["desk", "profile", "template", "workspace"]
