"""The settings page: language, look, and what this device is. Each change applies at once."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6 import __version__ as qt_version
from PySide6.QtWidgets import QWidget

from app.i18n import language
from app.i18n import mark as m_
from app.i18n import translate as _
from ui.page import Page, Shell, page_layout
from ui.settings.company import CompanyForm, company_of
from ui.theme import SCALES, theme
from ui.widgets import Button, Card, ChipGroup, Label, Line, Scroll, SearchField, hbox, panel, vbox

if TYPE_CHECKING:
    from app.quotes.style import QuoteStyle
    from ui.settings.quote_look import QuoteLook
    from ui.settings.quote_mail import QuoteMail

LANGUAGE_NAMES = (("fr", "Français"), ("en", "English"))
THEME_NAMES = (
    ("system", m_("As the system")),
    ("light", m_("Light")),
    ("dark", m_("Dark")),
    ("contrast", m_("Strong contrast")),
)
READING_WIDTH = 760


def _quote_style(session: Any) -> QuoteStyle | None:
    from app import quote_look

    return quote_look.style_of(session)


def _mail_words(session: Any) -> Mapping[str, Any] | None:
    from ui.settings import quote_mail

    return quote_mail.words_of(session)


class SettingsPage(Page):
    """Sections that a search narrows down."""

    key = "settings"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._sections: list[tuple[str, QWidget]] = []
        self.search = SearchField(_("Search the settings"), _("Search the settings"))
        self.search.searched.connect(self._narrow)
        self._device = Card(gap=8)
        column = vbox(self.search, gap=14)
        self._company: CompanyForm | None = None
        self._quote_look: QuoteLook | None = None
        self._quote_mail: QuoteMail | None = None
        self._column = column
        for section in (
            self._language(),
            self._look(),
            self._sync(),
            self._files(),
            self._signing(),
            self._backup(),
            self._about(),
        ):
            column.addWidget(section)
        column.addStretch(1)
        body = panel(column)
        body.setMaximumWidth(theme.px(READING_WIDTH))
        scroll = Scroll(panel(hbox((body, 20), (QWidget(), 1))))
        self.setLayout(page_layout(_("Settings"), "", [], (scroll, 1)))

    def title(self) -> str:
        return _("Settings")

    def show_to_customer(self, on: bool) -> bool:
        return True

    def primary_focus(self) -> QWidget:
        return self.search

    def filter_field(self) -> QWidget:
        return self.search

    def leave(self) -> None:
        for form in (self._company, self._quote_look, self._quote_mail):
            if form is not None:
                form.kept.flush()

    def open(self, record_id: str | None = None, **options: object) -> None:
        if self.shell.workspace is not None:
            self.shell.tasks.read(
                self, lambda _session: str(self.shell.workspace.folder), then=self._show_folder
            )
            self.shell.tasks.read(self, company_of, then=self._show_company)
            self.shell.tasks.read(self, _quote_style, then=self._show_quote_style)
            self.shell.tasks.read(self, _mail_words, then=self._show_mail_words)

    def _section(self, title: str, *rows: QWidget) -> QWidget:
        card = Card(Label(title, "h2"), gap=12)
        for at, row in enumerate(rows):
            if at:
                card.column.addWidget(Line())
            card.column.addWidget(row)
        words = " ".join([title, *(label.text() for label in card.findChildren(Label))])
        self._sections.append((words, card))
        return card

    def _choice(
        self, title: str, text: str, choices: Sequence[tuple[object, str]], value: object, act: Any
    ) -> QWidget:
        chips = ChipGroup(choices, value, title)
        chips.chosen.connect(act)
        said = Label(text, "muted", wrap=True)
        said.setMinimumWidth(theme.px(80))  # a wrapped label asks for more than it needs
        words = vbox(Label(title, "h3"), said, gap=2)
        return panel(hbox((words, 1), chips, gap=16))

    def _language(self) -> QWidget:
        row = self._choice(
            _("Language"),
            _("Of the program. Each quote keeps the language of its customer."),
            LANGUAGE_NAMES,
            language(),
            self.shell.window.set_language,
        )
        return self._section(_("Language"), row)

    def _look(self) -> QWidget:
        window = self.shell.window
        themes = self._choice(
            _("Theme"),
            _("Strong contrast helps in sunlight."),
            [(mode, _(label)) for mode, label in THEME_NAMES],
            theme.mode,
            window.set_theme,
        )
        sizes = self._choice(
            _("Text size"),
            _("The whole program grows with its text."),
            [(scale, f"{scale} %") for scale in SCALES],
            theme.scale,
            lambda scale: window.set_theme(theme.mode, scale),
        )
        motion = self._choice(
            _("Motion"),
            _("Short transitions when something opens or moves."),
            [(True, _("On")), (False, _("Off"))],
            theme.motion,
            self._set_motion,
        )
        return self._section(_("Display"), themes, sizes, motion)

    def _set_motion(self, on: bool) -> None:
        theme.motion = on
        self.shell.window.preferences.motion = on

    def _sync(self) -> QWidget:
        from ui.sync.habits import SyncHabits

        return self._section(_("Synchronisation"), SyncHabits(self.shell))

    def _files(self) -> QWidget:
        from ui.attachments.habits import FileHabits

        return self._section(_("Photos and files"), FileHabits(self.shell))

    def _signing(self) -> QWidget:
        from ui.settings.sign_pin import SignPin

        return self._section(_("Signature on site"), SignPin(self.shell))

    def _backup(self) -> QWidget:
        from ui.sync.copies import CopyFolder

        return self._section(_("Backup"), CopyFolder(self.shell))

    def _about(self) -> QWidget:
        self._folder = Label("", "body", wrap=True)
        copy = Button(_("Copy"), "ghost", "copy", self._copy_about)
        rows = (
            self._fact(_("Data on this computer"), self._folder),
            self._fact(_("Computer"), Label(f"{platform.node()} · {platform.system()} {platform.release()}")),
            self._fact(_("Program"), Label(f"Terrain {_version()} · Qt {qt_version}"), copy),
        )
        return self._section(_("This device"), *rows)

    def _fact(self, title: str, value: QWidget, *beside: QWidget) -> QWidget:
        return panel(hbox((vbox(Label(title, "cap"), value, gap=2), 1), *beside))

    def _show_company(self, company: dict[str, Any] | None) -> None:
        """The company stands first for whoever may write it."""
        if company is None:
            return
        if self._company is None:
            self._company = CompanyForm(self.shell)
            section = self._section(_("Company"), self._company)
            self._column.insertWidget(1, section)
        self._company.show_company(company)

    def _show_quote_style(self, style: QuoteStyle | None) -> None:
        """The look of quotes, for whoever may change it."""
        if style is None:
            return
        if self._quote_look is None:
            from ui.settings.quote_look import QuoteLook

            self._quote_look = QuoteLook(self.shell)
            section = self._section(_("Look of quotes"), self._quote_look)
            self._column.insertWidget(self._column.count() - 1, section)
        self._quote_look.show_style(style)

    def _show_mail_words(self, own: Mapping[str, Any] | None) -> None:
        """The words of the e-mail with a quote, for whoever may write them."""
        if own is None:
            return
        if self._quote_mail is None:
            from ui.settings.quote_mail import QuoteMail

            self._quote_mail = QuoteMail(self.shell)
            section = self._section(_("E-mail with a quote"), self._quote_mail)
            self._column.insertWidget(self._column.count() - 1, section)
        self._quote_mail.show_words(own)

    def _show_folder(self, folder: str) -> None:
        self._folder.setText(folder)

    def _copy_about(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(
            f"Terrain {_version()}, Qt {qt_version}, Python {platform.python_version()}, {platform.platform()}"
        )
        self.shell.toast(_("Copied."))

    def _narrow(self, text: str) -> None:
        from app.folding import fold

        words = fold(text).split()
        for said, section in self._sections:
            section.setVisible(all(word in fold(said) for word in words))


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("terrain")
    except PackageNotFoundError:
        return "0"
