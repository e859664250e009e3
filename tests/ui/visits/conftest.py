"""The desk of the screens of the day."""

from tests.ui.desk import desk, furnished, profile, template, workspace

__all__ = ["desk", "furnished", "profile", "template", "workspace"]
