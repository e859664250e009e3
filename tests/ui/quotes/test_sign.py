"""The customer's screen: what is shown is what is sealed, and a signature takes three clicks and a drawing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app import attachments, records
from app.quotes import issuing, life, sealing
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.quotes.sign import SignScreen
from ui.widgets import InfoBar, Toast

Opened = Callable[..., str]


@pytest.fixture
def screen(hand: Hand, shop: Shop, opened: Opened) -> SignScreen:
    """The sign screen of a draft, which its opening issues."""
    quote = opened("dsi 600 x 6", "tap 90")
    hand.click(hand.page.editor.sign_button)
    hand.settle(50)
    found = hand.page.editor.decisions.sign_screen
    found.quote_id = quote
    return found


def draw(hand: Hand, screen: SignScreen) -> None:
    pad = screen.pad
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(60, 80))
    for x in range(60, 240, 12):
        QTest.mouseMove(pad, QPoint(x, 80 + (x % 36)))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(240, 90))


def sign(hand: Hand, screen: SignScreen) -> None:
    screen.name.setText("Sylvie Morel")
    hand.click(screen.agreed)
    hand.click(screen.terms)
    draw(hand, screen)
    hand.click(screen.confirm)
    hand.settle(100)


def status(shop: Shop, quote: str) -> str:
    with shop.workspace.read() as session:
        return records.get(session, "quote", quote)["status"]


def texts(widget: Any) -> str:
    from PySide6.QtWidgets import QLabel

    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_it_covers_the_window_and_shows_no_margin(hand: Hand, screen: SignScreen) -> None:
    assert screen.geometry() == hand.window.rect() and screen.isVisible()
    assert "Marge" not in texts(screen) and "Distributeur savon" in texts(screen)


def test_three_clicks_and_a_drawing_sign_the_quote(hand: Hand, shop: Shop, screen: SignScreen) -> None:
    before = hand.presses
    sign(hand, screen)
    assert hand.presses - before == 3
    assert status(shop, screen.quote_id) == "accepted"
    with shop.workspace.read() as session:
        (found,) = records.find_rows(session, "signature", {"quote": screen.quote_id})
        content = b"".join(attachments.read(session, found["attachment"]))
    assert found["signer_name"] == "Sylvie Morel" and sealing.check(content).good


def test_what_is_missing_is_said_and_nothing_is_signed(hand: Hand, shop: Shop, screen: SignScreen) -> None:
    screen.name.clear()
    hand.click(screen.confirm)
    hand.settle(50)
    assert "Indiquez qui signe." in screen.problem.text() and "Signez dans le cadre." in screen.problem.text()
    assert status(shop, screen.quote_id) == "issued" and screen.confirm.isEnabled()


def test_escape_leaves_with_nothing_signed(hand: Hand, shop: Shop, screen: SignScreen) -> None:
    draw(hand, screen)
    QTest.keyClick(screen, Qt.Key.Key_Escape)
    hand.settle(20)
    assert status(shop, screen.quote_id) == "issued"


def test_erasing_empties_the_pad(hand: Hand, screen: SignScreen) -> None:
    draw(hand, screen)
    assert screen.pad.strokes
    hand.click(screen.erase)
    assert screen.pad.strokes == []


def test_the_strokes_stay_on_the_pad_in_parts_of_its_width(hand: Hand, screen: SignScreen) -> None:
    QTest.mousePress(screen.pad, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QTest.mouseMove(screen.pad, QPoint(9000, -50))
    QTest.mouseRelease(screen.pad, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    for x, y, at in screen.pad.strokes[0]:
        assert 0 <= x <= 1 and 0 <= y <= 1 and at >= 0


def test_every_target_of_the_customer_is_as_high_as_a_finger(screen: SignScreen) -> None:
    for widget in (
        screen.name,
        screen.role,
        screen.confirm,
        screen.printed,
        screen.back,
        screen.erase,
        screen.read,
    ):
        assert widget.height() >= 44


@pytest.fixture
def choosing(hand: Hand, shop: Shop, opened: Opened) -> SignScreen:
    """The sign screen of a quote with two options of one name and a group of two alternatives."""
    quote = opened("dsi 600", "tap 90", "tap 60", "tap 90", "tap 60")
    with shop.workspace.transaction() as session:
        lines = issuing.find_lines(session, quote)
        roles = ({"choice_kind": "option", "selected": False, "description": "Tapis"},) * 2
        group = {"choice_kind": "alternate", "option_group": "A"}
        roles = (*roles, {**group, "selected": True}, {**group, "selected": False})
        for line, role in zip(lines[1:], roles, strict=True):
            records.save(session, "quote_line", line["id"], role)
    hand.settle(50)
    hand.click(hand.page.editor.sign_button)
    hand.settle(50)
    found = hand.page.editor.decisions.sign_screen
    found.quote_id = quote
    return found


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_the_total_follows_the_options_that_are_ticked(choosing: SignScreen) -> None:
    first, second, large, small = choosing.choices.values()
    assert "118,00 €" in plain(first.text()) and "78,00 €" in plain(second.text()), "each at its own price"
    assert plain(choosing.amounts["ht"].text()) == "207,00 €"
    assert "Tapis" not in texts(choosing), "what is chosen stands with its tick alone"
    second.click()
    assert plain(choosing.amounts["ht"].text()) == "285,00 €"
    assert plain(choosing.amounts["ttc"].text()) == "342,00 €"
    small.click()
    assert not large.isChecked() and plain(choosing.amounts["ht"].text()) == "245,00 €"
    small.click()
    assert small.isChecked(), "of two alternatives one is taken"
    second.click()
    assert plain(choosing.amounts["ht"].text()) == "167,00 €"


def test_what_is_signed_for_is_what_was_shown(hand: Hand, shop: Shop, choosing: SignScreen) -> None:
    _first, second, _large, _small = choosing.choices.values()
    second.click()
    shown = plain(choosing.amounts["ttc"].text())
    sign(hand, choosing)
    with shop.workspace.read() as session:
        (found,) = records.find_rows(session, "signature", {"quote": choosing.quote_id})
    assert shown == "342,00 €" and found["evidence"]["total"]["ttc"] == "342.00"


def test_the_deposit_follows_the_total_that_is_ticked(hand: Hand, shop: Shop, opened: Opened) -> None:
    _quote, option = with_an_option(shop, opened, False, {"deposit_type": "percent", "deposit_value": 30})
    screen = open_signing(hand)
    assert plain(screen.amounts["deposit"].text()) == "32,04 €"
    screen.choices[option].click()
    shown = {name: plain(label.text()) for name, label in screen.amounts.items()}
    assert (shown["ttc"], shown["deposit"]) == ("248,40 €", "74,52 €")


def test_discount_and_charges_explain_the_total(hand: Hand, shop: Shop, opened: Opened) -> None:
    charges = [{"label": "Port", "amount": "12.50", "vat_rate": "20", "vat_category": "S"}]
    given = {"discount_type": "percent", "discount_value": 10, "charges": charges}
    _quote, option = with_an_option(shop, opened, False, given)
    screen = open_signing(hand)
    shown = {name: plain(label.text()) for name, label in screen.amounts.items()}
    assert (shown["discount"], shown["charge0"], shown["ht"]) == ("−8,90 €", "12,50 €", "92,60 €")
    screen.choices[option].click()
    assert plain(screen.amounts["discount"].text()) == "−20,70 €"


def with_an_option(shop: Shop, opened: Opened, selected: bool, values: dict[str, Any]) -> tuple[str, str]:
    """An opened quote of two lines, the second one an option, with these values; its id and the option's."""
    quote = opened("dsi 600", "tap 90")
    with shop.workspace.transaction() as session:
        option = issuing.find_lines(session, quote)[1]["id"]
        records.save(session, "quote_line", option, {"choice_kind": "option", "selected": selected})
        records.save(session, "quote", quote, values)
    return quote, option


def speak_english(shop: Shop) -> None:
    """The customer's language is English."""
    with shop.workspace.transaction() as session:
        records.save(session, "account", shop.account, {"language": "en"})


def open_signing(hand: Hand) -> SignScreen:
    hand.settle(50)
    hand.click(hand.page.editor.sign_button)
    hand.settle(50)
    found = hand.page.editor.decisions.sign_screen
    assert found is not None
    return found


def test_a_fixed_deposit_is_at_most_what_he_takes(hand: Hand, shop: Shop, opened: Opened) -> None:
    quote, option = with_an_option(shop, opened, True, {"deposit_type": "amount", "deposit_value": 150})
    screen = open_signing(hand)
    assert plain(screen.amounts["deposit"].text()) == "150,00 €"
    screen.choices[option].click()
    shown = {name: plain(label.text()) for name, label in screen.amounts.items()}
    assert (shown["ttc"], shown["deposit"]) == ("106,80 €", "106,80 €"), "the whole, not more"
    sign(hand, screen)
    with shop.workspace.read() as session:
        (found,) = records.find_rows(session, "signature", {"quote": quote})
    assert found["evidence"]["total"] == {
        "ht": "89.00",
        "ttc": "106.80",
        "deposit": "106.80",
        "balance": "0.00",
    }


def test_a_discount_larger_than_what_he_takes_is_said_at_once(hand: Hand, shop: Shop, opened: Opened) -> None:
    _quote, option = with_an_option(shop, opened, True, {"discount_type": "amount", "discount_value": 100})
    screen = open_signing(hand)
    screen.choices[option].click()
    assert {screen.amounts[name].text() for name in ("discount", "ht", "vat", "ttc")} == {"—"}
    said = screen.problem.text()
    assert "remise" in said and screen.problem.isVisible()
    draw(hand, screen)
    assert screen.problem.text() == said, "drawing does not mend it"
    screen.choices[option].click()
    assert not screen.problem.isVisible() and plain(screen.amounts["ttc"].text()) == "128,40 €"


def test_the_customer_is_spoken_to_in_his_language(hand: Hand, shop: Shop, opened: Opened) -> None:
    opened("dsi 600")
    speak_english(shop)
    screen = open_signing(hand)
    buttons = {button.text() for button in screen.findChildren(QPushButton)}
    assert buttons == {
        "Read the whole quote",
        "Erase",
        "Back",
        "Leave the screen",
        "Print",
        "Confirm the signature",
    }
    assert "Your quote" in texts(screen) and "Total excl. VAT" in texts(screen)
    assert screen.pad._caption == "Customer's signature"
    assert not re.search("Signature de|Nom du|Écran|revenir|Effacer|[Cc]onditions", texts(screen))
    screen.name.clear()
    hand.click(screen.confirm)
    hand.settle(50)
    assert "Write who signs." in screen.problem.text()
    sign(hand, screen)
    assert hand.page.editor.sign_button.text() != "Have it signed", "the program stays in its own"


def test_a_quote_in_both_languages_is_signed_in_the_customers(hand: Hand, shop: Shop, opened: Opened) -> None:
    quote = opened("dsi 600")
    with shop.workspace.transaction() as session:
        records.save(session, "account", shop.account, {"language": "en"})
        records.save(session, "quote", quote, {"language": "both"})
    screen = open_signing(hand)
    assert screen.confirm.text() == "Confirm the signature" and "Total TTC" not in texts(screen)


def test_the_very_pages_that_are_shown_can_be_printed_before_they_are_signed(
    hand: Hand, shop: Shop, screen: SignScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[bytes] = []
    printing = hand.page.editor.decisions._printing
    monkeypatch.setattr(printing, "printer", lambda: None)
    monkeypatch.setattr(printing, "open", lambda content, _name, _say: printed.append(content))
    hand.click(screen.printed)
    assert printed == [screen._signing.content] and screen.isVisible()


def test_without_a_printer_the_screen_says_so_in_his_language(
    hand: Hand, shop: Shop, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("dsi 600")
    speak_english(shop)
    screen = open_signing(hand)
    printing = hand.page.editor.decisions._printing
    monkeypatch.setattr(printing, "printer", lambda: None)
    monkeypatch.setattr("ui.printing.QDesktopServices.openUrl", lambda _url: True)
    hand.click(screen.printed)
    assert screen.problem.text().startswith("No printer answers here.") and screen.problem.isVisible()
    hand.settle()
    behind = [bar.text for bar in hand.window.findChildren(InfoBar)]
    assert not [text for text in behind if "PDF" in text], "nothing waits behind it in another's language"
    monkeypatch.setattr("ui.printing.QDesktopServices.openUrl", lambda _url: False)
    hand.click(screen.printed)
    hand.settle()
    assert screen.problem.text().startswith("No program opens PDF files here.")


def test_what_another_decided_meanwhile_is_said_in_his_language(
    hand: Hand, shop: Shop, opened: Opened
) -> None:
    quote = opened("dsi 600")
    speak_english(shop)
    screen = open_signing(hand)
    with shop.workspace.transaction() as session:
        life.refuse(session, quote, "trop cher")
    sign(hand, screen)
    assert screen.problem.text() == "This quote is decided already. Revise it to have another one signed."
    assert screen.isVisible() and status(shop, quote) == "refused"


def test_a_sign_of_the_alphabet_in_an_option_is_shown_and_is_no_key(
    hand: Hand, shop: Shop, opened: Opened
) -> None:
    quote = opened("dsi 600", "tap 90")
    with shop.workspace.transaction() as session:
        option = issuing.find_lines(session, quote)[1]["id"]
        texts = {"choice_kind": "option", "selected": False, "description": "Vis & écrous"}
        records.save(session, "quote_line", option, texts)
    box = open_signing(hand).choices[option]
    assert box.text().startswith("Vis && écrous") and box.shortcut().isEmpty()
    assert box.accessibleName().startswith("Vis & écrous")


# The keyboard is the customer's too


def test_tab_goes_round_within_the_screen(hand: Hand, shop: Shop, screen: SignScreen) -> None:
    screen.name.setFocus()
    seen = []
    for _press in range(30):
        hand.key(Qt.Key.Key_Tab)
        assert screen.isAncestorOf(hand.focus)
        seen.append(hand.focus)
    fields = {screen.name, screen.role, screen.agreed, screen.terms}
    buttons = {screen.read, screen.erase, screen.back, screen.printed, screen.confirm}
    assert set(seen) == fields | buttons
    hand.key(Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert hand.focus is seen[-2]


def test_nothing_of_the_window_gets_the_focus_while_the_screen_is_there(
    hand: Hand, screen: SignScreen
) -> None:
    screen.role.setFocus()
    hand.page.editor.table.setFocus()
    assert hand.focus is screen.role
    screen.confirm.setFocus()
    screen.confirm.setEnabled(False)
    assert screen.isAncestorOf(hand.focus)


CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
SHORTCUTS = (
    *(
        (key, CONTROL)
        for key in (Qt.Key.Key_K, Qt.Key.Key_2, Qt.Key.Key_D, Qt.Key.Key_N, Qt.Key.Key_BracketLeft)
    ),
    *((key, NONE) for key in (Qt.Key.Key_F1, Qt.Key.Key_F6, Qt.Key.Key_F8)),
)


def test_no_shortcut_of_the_window_answers_behind_the_screen(
    hand: Hand, screen: SignScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered: list[Any] = []
    monkeypatch.setattr(type(hand.window.commands), "run_first", lambda _self, keys: answered.append(keys))
    for field in (screen.name, screen.agreed, screen.confirm):
        field.setFocus()
        for key, held in SHORTCUTS:
            hand.key(key, held)
            assert not answered and hand.focus is field and screen.isVisible()
    screen.leave()
    hand.window.setFocus()
    hand.key(Qt.Key.Key_K, CONTROL)
    assert answered, "once it is gone they answer again"


def test_an_absent_printer_is_told_on_the_customers_screen_in_his_language(
    hand: Hand, shop: Shop, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("dsi 600")
    speak_english(shop)
    screen = open_signing(hand)
    printing = hand.page.editor.decisions._printing
    printing._remember("HP of the car")
    monkeypatch.setattr("ui.printing.QPrinterInfo.availablePrinterNames", lambda: ["Office"])
    monkeypatch.setattr("ui.printing.QPrintDialog.open", lambda _dialog: None)
    hand.click(screen.printed)
    assert screen.problem.text() == "Printer “HP of the car” is absent." and screen.problem.isVisible()
    assert not hand.window.findChildren(Toast), "nothing passes by behind it"
