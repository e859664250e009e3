"""The parts that every screen is built from; none knows a record."""

from ui.chart.spark import Spark
from ui.widgets.beside import Beside
from ui.widgets.buttons import Button, ChipGroup, OptionCard, link
from ui.widgets.fields import SearchField
from ui.widgets.labels import Avatar, ElidingLabel, IconDisc, IconLabel, Keycap, Label, Pill, Role, literal
from ui.widgets.layout import Card, Line, Scroll, add, clear, hbox, hide_below, panel, shadow, vbox
from ui.widgets.notices import EmptyState, InfoBar, ProgressBar, Toast, announce

__all__ = [
    "Avatar",
    "Beside",
    "Button",
    "Card",
    "ChipGroup",
    "ElidingLabel",
    "EmptyState",
    "IconDisc",
    "IconLabel",
    "InfoBar",
    "Keycap",
    "Label",
    "Line",
    "OptionCard",
    "Pill",
    "ProgressBar",
    "Role",
    "Scroll",
    "SearchField",
    "Spark",
    "Toast",
    "add",
    "announce",
    "clear",
    "hbox",
    "hide_below",
    "link",
    "literal",
    "panel",
    "shadow",
    "vbox",
]
