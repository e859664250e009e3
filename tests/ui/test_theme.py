"""The look: contrast of every token, text sizes, icons, the house that names them."""

from __future__ import annotations

import ast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontInfo
from PySide6.QtWidgets import QApplication, QWidget

import resources
from tests.house import source
from ui.theme import Theme, theme
from ui.tokens import DARK, LIGHT, TONES, contrast, with_strong_borders

GROUNDS = ("app", "surface", "sunken", "hover", "selected")
THEMES = {"light": LIGHT, "dark": DARK, "contrast": with_strong_borders(LIGHT)}


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ink", ["text", "text2", "text3", "accent"])
def test_text_reads_on_every_ground(name: str, ink: str):
    tokens = THEMES[name]
    assert min(contrast(tokens[ink], tokens[ground]) for ground in GROUNDS) >= 4.5


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("tone", TONES)
def test_each_tone_reads_on_its_own_ground(name: str, tone: str):
    ink, ground = TONES[tone]
    assert contrast(THEMES[name][ink], THEMES[name][ground]) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_input_borders_and_buttons_stand_out(name: str):
    tokens = THEMES[name]
    assert contrast(tokens["border_strong"], tokens["surface"]) >= 3
    assert contrast(tokens["accent"], tokens["surface"]) >= 3
    for fill in ("fill", "fill_hover", "fill_press"):
        assert contrast(tokens["on_fill"], tokens[fill]) >= 4.5


def test_the_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_strong_contrast_draws_every_border_strongly():
    assert with_strong_borders(LIGHT)["border"] == LIGHT["border_strong"]


def test_both_themes_name_the_same_tokens():
    assert LIGHT.keys() == DARK.keys()


def test_the_shipped_font_is_the_one_used(dressed: QApplication):
    for weight in (400, 500, 600, 700):
        assert QFontInfo(theme.font(14, weight)).family() == "Inter"


def test_the_theme_tells_when_it_changes(dressed: QApplication, qtbot):
    with qtbot.waitSignal(theme.changed):
        theme.apply(dressed, "dark", 100)
    assert theme.dark
    assert theme.color("app").name().upper() == DARK["app"]


def test_the_system_theme_can_be_worn_again_and_again(dressed: QApplication):
    for _turn in range(3):
        theme.apply(dressed, "system", 100)
    assert theme.mode == "system"


def test_lengths_and_fonts_follow_the_text_size(dressed: QApplication):
    theme.apply(dressed, "light", 150)
    assert theme.px(40) == 60
    assert theme.font(14).pixelSize() == 21


def test_the_text_size_stays_within_its_limits(dressed: QApplication):
    theme.apply(dressed, "light", 400)
    assert theme.scale == 150


def test_columns_of_figures_have_figures_of_equal_width(dressed: QApplication):
    assert theme.font(14, tnum=True).featureValue(QFont.Tag("tnum")) == 1


def test_an_icon_is_drawn_once_and_sharply(dressed: QApplication):
    first = theme.pixmap("phone", "text2", 18)
    assert first is theme.pixmap("phone", "text2", 18)
    assert first.devicePixelRatio() >= 2
    assert not first.isNull()


def test_no_theme_is_needed_before_it_is_applied():
    assert Theme().px(10) == 10


def test_every_icon_that_the_code_names_is_there():
    """Words in the code that look like an icon of our folder's siblings but are not there cannot be found
    by reading alone; so each literal passed to an icon parameter is looked up."""
    there = {path.stem for path in resources.path("icons").glob("*.svg")}
    named = {
        keyword.value.value
        for path in source.floor("ui")
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "icon" and isinstance(keyword.value, ast.Constant) and keyword.value.value
    }
    assert named - there == set()


def test_icons_and_fonts_come_with_their_licences():
    assert b"ISC" in resources.read("icons/LICENSE")
    assert b"SIL OPEN FONT LICENSE" in resources.read("fonts/Inter_OFL.txt").upper()


def test_the_ground_of_the_palette_lets_the_screen_below_through(dressed: QApplication):
    below = QWidget()
    below.resize(40, 40)
    below.setObjectName("below")
    below.setStyleSheet("#below { background: #ffffff }")
    over = QWidget(below)
    over.setObjectName("scrim")
    over.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    over.resize(40, 40)
    for mode, least in (("light", 120), ("dark", 80)):
        theme.apply(dressed, mode)  # type: ignore[arg-type]
        shade = QColor(below.grab().toImage().pixel(20, 20)).lightness()
        assert least < shade < 250


def test_a_tick_box_grows_with_the_text(dressed: QApplication):
    from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

    def side(scale: int) -> int:
        theme.apply(dressed, "light", scale)
        box, option = QCheckBox("Lu"), QStyleOptionButton()
        box.ensurePolished()
        option.initFrom(box)
        return box.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, box).height()

    assert side(150) - side(100) == 8
