"""The quotes page: the list, or one quote in the editor."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QStackedLayout, QWidget

from app.i18n import mark as m_
from app.i18n import translate as _
from app.quotes import editing
from ui.commands import Command
from ui.page import Page, Shell
from ui.quotes.account_choice import AccountChoice
from ui.quotes.editor import QuoteEditor
from ui.quotes.quote_list import QuoteList

GROUP = m_("Quote")


class QuotesPage(Page):
    """`go("quotes")` lists, `go("quotes", id)` edits, `go("quotes", account=id)` starts one for an account."""

    key = "quotes"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.list = QuoteList(shell)
        self.editor = QuoteEditor(shell)
        self.list.opened.connect(lambda id: shell.go("quotes", id) if id else None)
        self.list.new_wanted.connect(self.choose_account)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.editor)

    @property
    def editing(self) -> bool:
        """Whether one quote is shown."""
        return self._stack.currentWidget() is self.editor

    def title(self) -> str:
        return self.editor.title_text() if self.editing else _("Quotes")

    def open(self, record_id: str | None = None, **options: object) -> None:
        account = options.get("account")
        if record_id is None and account:
            self.start(str(account), **{k: v for k, v in options.items() if k in ("opportunity", "contact")})
        elif record_id is not None:
            self._stack.setCurrentWidget(self.editor)
            self.editor.open(record_id)
        else:
            self.editor.leave()
            self._stack.setCurrentWidget(self.list)
            self.list.show_again()
            if options.get("new"):
                self.shell.replace("quotes")  # the way back leads to the list, not to the question
                self.choose_account()

    def start(self, account: str, **values: object) -> None:
        """A new draft for the account, open with the entry field ready."""
        self._stack.setCurrentWidget(self.editor)
        self.shell.tasks.write(
            self,
            lambda session: editing.new_quote(session, account, **values),
            then=self._started,
            label=m_("New quote"),
        )

    def _started(self, quote: str) -> None:
        self.shell.replace("quotes", quote)
        self.editor.open(quote)
        self.editor.entry.setFocus()

    def choose_account(self) -> None:
        """Ask for whom, then start; not before a customer, whom the list would show all others."""
        mode = self.shell.window.customer_mode
        if mode is not None and mode.on:
            self.shell.toast(_("Customer mode: other customers are not listed. F8 leaves it."))
            return
        dialog = AccountChoice(self.shell.window, self.shell.tasks)
        dialog.chosen.connect(lambda account: self.shell.go("quotes", account=account))
        dialog.open()

    def refresh(self, changes: Any) -> None:
        if not changes.kinds & {"quote", "quote_line"}:
            return
        if self.editing:
            self.editor.draft.refresh(changes)
        elif self.isVisible():
            self.list.refresh(changes.origin)

    def show_to_customer(self, on: bool) -> bool:
        self.editor.show_customer_mode(on)
        return self.editing  # the list names every customer

    def primary_focus(self) -> QWidget:
        return self.editor.primary_focus() if self.editing else self.list.list

    def filter_field(self) -> QWidget:
        return self.editor.entry if self.editing else self.list.search

    def panes(self) -> list[QWidget]:
        return self.editor.panes() if self.editing else [self.list.search, self.list.list]

    def commands(self) -> list[Command]:
        mine = Command(
            "quotes.new",
            m_("New quote"),
            self.choose_account,
            "file-plus-2",
            ("Ctrl+N",),
            group=GROUP,
            in_palette=False,
        )
        return [mine, *self.editor.commands(lambda: self.editing)]

    def may_leave(self) -> bool:
        return not self.editing or self.editor.open_fields.take()

    def leave(self) -> None:
        self.editor.leave()
