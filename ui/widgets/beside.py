"""Two panels beside each other where there is room, else one after the other as tabs: nothing is lost."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.i18n import translate as _
from ui.theme import theme
from ui.widgets.buttons import ChipGroup
from ui.widgets.layout import hbox, vbox

_NO_LIMIT = 16_777_215
MAIN, SIDE = "main", "side"


class Beside(QWidget):
    """`main` takes the room, `side` its width; below `needs` (design pixels of this widget) they are tabs."""

    arranged = Signal(bool)
    """Whether they stand beside each other now."""

    def __init__(
        self,
        main: QWidget,
        side: QWidget,
        names: tuple[str, str],
        side_width: int,
        needs: int,
        gap: int = 14,
    ) -> None:
        super().__init__()
        self.main, self.side = main, side
        self._side_width, self._needs = side_width, needs
        self._wide: bool | None = None
        self.tabs = ChipGroup([(MAIN, names[0]), (SIDE, names[1])], MAIN, _("Shown"))
        self.tabs.chosen.connect(lambda _tab: self._arrange())
        self._tabs_row = QWidget()
        self._tabs_row.setLayout(hbox(self.tabs, None))
        self.setLayout(vbox(self._tabs_row, (hbox((main, 1), (side, 0), gap=gap), 1), gap=10))
        self._arrange()

    @property
    def wide(self) -> bool:
        """Whether both are in sight."""
        return self.width() >= theme.px(self._needs)

    def show_main(self) -> None:
        """Bring the main panel into sight."""
        self.tabs.set_value(MAIN)
        self._arrange()

    def show_side(self) -> None:
        """Bring the side panel into sight."""
        self.tabs.set_value(SIDE)
        self._arrange()

    def _arrange(self) -> None:
        wide, chosen = self.wide, self.tabs.value
        self._tabs_row.setVisible(not wide)
        width = theme.px(self._side_width)
        self.side.setMinimumWidth(width if wide else 0)
        self.side.setMaximumWidth(width if wide else _NO_LIMIT)
        self.side.setVisible(wide or chosen == SIDE)
        self.main.setVisible(wide or chosen == MAIN)
        if wide != self._wide:
            self._wide = wide
            self.arranged.emit(wide)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
