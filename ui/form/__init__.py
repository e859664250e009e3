"""Forms drawn from declared fields."""

from ui.form.editors import Editor
from ui.form.kept_form import KeptForm
from ui.form.record_form import EDITORS, RecordForm

__all__ = ["EDITORS", "Editor", "KeptForm", "RecordForm"]
