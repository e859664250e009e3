"""“While you were away”: what others changed on one's customers, one click from each, put away when seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import away, records
from app.away import News
from app.i18n import grouped
from app.i18n import translate as _
from app.i18n import translate_plural as _n
from app.sync_view import spoken_at
from ui.sync.places import open_place
from ui.sync.rows import KIND_ICONS, changed_text, record_facts
from ui.widgets import (
    Button,
    Card,
    ElidingLabel,
    IconLabel,
    Label,
    Line,
    Pill,
    Scroll,
    clear,
    hbox,
    panel,
    vbox,
)

if TYPE_CHECKING:
    from ui.page import Shell

KINDS = frozenset(away.KINDS)
_READ = 30


class AwayCard(Card):
    """Hidden while there is nothing to tell. `most` rows; without, all of them with their details."""

    shown = Signal()

    def __init__(self, shell: Shell, most: int | None = None) -> None:
        super().__init__(gap=8, margins=(16, 12, 16, 14))
        self._shell, self._most = shell, most
        self._count = Pill("0", "info")
        self._all = Button(_("View all"), "link", on_click=lambda: shell.go("sync"))
        self._seen = Button("", "ghost", "check", self.put_away, tip=_("All seen"))
        self._head = panel(
            hbox(Label(_("While you were away"), "h3"), self._count, None, self._all, self._seen)
        )
        self._rows = vbox(gap=0)
        self.column.addWidget(self._head)
        if most is None:
            self.column.addWidget(Scroll(panel(self._rows)), 1)
            self._all.hide()
        else:
            self.column.addLayout(self._rows)
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._open: set[str] = set()
        self._limit = most or _READ
        self._look_width = 0
        self.news: tuple[News, ...] = ()
        self.hide()

    def reload(self) -> None:
        """Read again what is new."""
        if self._shell.workspace is not None:
            limit = self._limit
            self._shell.tasks.read(self, lambda session: away.find_news(session, limit), then=self._show)

    def _show(self, found: tuple[tuple[News, ...], int]) -> None:
        self.news, count = found
        # Both words in one column, so that the times and the buttons before it stand in theirs.
        widest = any(one.is_deleted for one in self.news)
        self._look_width = Button(_("Restore"), "ghost").sizeHint().width() if widest else 0
        self._count.set(grouped(count), "info")
        self._all.setVisible(self._most is not None and count > self._most)
        clear(self._rows)
        for at, one in enumerate(self.news):
            if at:
                self._rows.addWidget(Line())
            self._rows.addWidget(self._row(one))
        if self._most is None:
            if count > len(self.news):
                more = _n("and {n} more record", "and {n} more records", count - len(self.news))
                self._rows.addWidget(panel(hbox(Button(more, "link", on_click=self._show_more), None)))
            self._rows.addStretch(1)
        self.setVisible(bool(self.news))
        self.shown.emit()

    def _show_more(self) -> None:
        self._limit += _READ
        self.reload()

    def _row(self, news: News) -> QWidget:
        words = vbox(ElidingLabel(news.title, "h3"), ElidingLabel(news.what, "muted"), gap=0)
        who = f"{news.by}  ·  {spoken_at(news.at)}" if news.by else spoken_at(news.at)
        if news.is_deleted:
            look = Button(_("Restore"), "ghost", on_click=lambda: self._restore(news))
            look.setAccessibleName(_("Restore {title}", title=news.title))
        else:
            look = Button(_("View"), "ghost", on_click=lambda: self._look(news))
            look.setAccessibleName(_("View {title}", title=news.title))
        look.setMinimumWidth(self._look_width)
        if self._most is not None:
            words.addWidget(ElidingLabel(who, "muted"))
            return panel(hbox((words, 1), look, margins=(0, 4, 0, 4)))
        area = panel(vbox(*self._facts(news), margins=(32, 0, 8, 6)))
        area.setVisible("/".join(news.place) in self._open)
        detail = Button(_("Detail"), "ghost", checkable=True)
        detail.setAccessibleName(_("Detail of {title}", title=news.title))
        detail.setChecked(not area.isHidden())
        detail.toggled.connect(lambda on: self._unfold(news, area, on))
        icon = IconLabel(KIND_ICONS.get(news.place[0], "pencil"), "text2", 18)
        row = hbox(icon, (words, 1), Label(who, "muted"), detail, look, gap=10)
        return panel(vbox(row, area, gap=2, margins=(0, 4, 0, 4)))

    def _facts(self, news: News) -> list[QWidget]:
        facts = [
            (one.record or news.title, one.field, changed_text(one.before, one.after)) for one in news.details
        ]
        return record_facts(facts)

    def _unfold(self, news: News, area: QWidget, on: bool) -> None:
        (self._open.add if on else self._open.discard)("/".join(news.place))
        area.setVisible(on)

    def _look(self, news: News) -> None:
        """Open the record; it is no news any more."""
        self._forget(lambda connection: away.dismiss(connection, news.place))
        open_place(self._shell, news.place)

    def _restore(self, news: News) -> None:
        """What somebody else deleted comes back, for everybody."""
        self._shell.tasks.write(
            self,
            lambda session: records.restore(session, *news.place),
            then=lambda _none: self._look(news),
            label=_("“{title}” restored", title=news.title),
        )

    def put_away(self) -> None:
        """Everything was seen."""
        self._forget(away.dismiss)

    def _forget(self, dismiss: Any) -> None:
        # A note of this laptop, no action of the user: it is neither sent nor undone.
        workspace = self._shell.workspace

        def work(_token: Any) -> None:
            with workspace.exclusive() as connection:
                dismiss(connection)

        self._shell.tasks.background(self, work, then=lambda _none: self.reload())
