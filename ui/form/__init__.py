"""Forms drawn from declared fields."""

from ui.form.editors import Editor
from ui.form.record_form import EDITORS, RecordForm

__all__ = ["EDITORS", "Editor", "RecordForm"]
