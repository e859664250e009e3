"""What becomes of a quote on the screen: issued, sent, accepted, refused, ordered, approved, compared."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from app import attachments, records
from app.quotes import authority, issuing, letters, mailing, side_by_side, signing
from sync import state
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.printing import Pages
from ui.quotes.asking import Asking
from ui.quotes.comparison import ComparisonView, as_html, as_pdf
from ui.quotes.details import Details

D = Decimal
# What the screen of tests says of a menu that pops up.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Opened = Callable[..., str]


def stored(shop: Shop, quote: str) -> dict[str, Any]:
    with shop.workspace.read() as session:
        return records.get(session, "quote", quote)


def steps(hand: Hand) -> dict[str, Any]:
    """The steps that the menu offers now."""
    editor = hand.page.editor
    editor.show_steps()
    hand.settle()
    editor.menu.close()
    return {words: run for words, _icon, run in editor.steps}


def take(hand: Hand, words: str) -> None:
    found = steps(hand)
    assert words in found, list(found)
    found[words]()
    hand.settle()


def answer(hand: Hand, dialog: Any, **values: object) -> None:
    assert isinstance(dialog, Asking)
    for name, value in values.items():
        dialog.form.editor(name).show_value(value)
    dialog.submit()
    hand.settle()


@pytest.fixture
def issued(hand: Hand, opened: Opened) -> str:
    quote = opened("dsi 600 x 6", "tap 90")
    hand.page.editor.decisions.issue()
    hand.settle()
    return quote


def test_a_draft_is_issued_sent_accepted_and_ordered(hand: Hand, shop: Shop, opened: Opened) -> None:
    quote = opened("dsi 600 x 6")
    take(hand, "Émettre")
    take(hand, "Marquer comme envoyé")
    assert stored(shop, quote)["status"] == "sent"
    take(hand, "Accepté…")
    answer(hand, hand.page.editor.decisions.dialog, note="par téléphone")
    assert (stored(shop, quote)["status"], stored(shop, quote)["decision_note"]) == (
        "accepted",
        "par téléphone",
    )
    assert "par téléphone" in hand.page.editor.banner.text
    take(hand, "Convertir en commande…")
    answer(hand, hand.page.editor.decisions.dialog, reference="BC 12")
    with shop.workspace.read() as session:
        (order,) = records.find_rows(session, "order", {"quote": quote})
    assert (order["customer_reference"], order["total_ht"]) == ("BC 12", D(534))
    assert "Convertir en commande…" not in steps(hand)


def test_an_option_that_the_customer_did_not_sign_for_is_not_ordered(hand: Hand, shop: Shop) -> None:
    from PySide6.QtWidgets import QCheckBox

    quote = shop.quote("dsi 600", "for 01")
    strokes = (((0.1, 0.2, 0), (0.2, 0.1, 40), (0.4, 0.2, 90)),)
    with shop.workspace.transaction() as session:
        option = issuing.find_lines(session, quote)[1]["id"]
        records.save(session, "quote_line", option, {"choice_kind": "option", "selected": True})
        shown = signing.issue_and_open(session, quote, shop.workspace.vault)
    signed = signing.sign(shown, signing.Consent("H. Durand", agreed=True, terms=True, strokes=strokes))
    with shop.workspace.transaction() as session:
        signing.keep_signature(session, signed)
    hand.window.go("quotes", quote)
    hand.settle()
    take(hand, "Convertir en commande…")
    decisions = hand.page.editor.decisions
    hand.wait_for(lambda: bool(decisions.dialog and decisions.dialog.findChildren(QCheckBox)))
    (box,) = decisions.dialog.findChildren(QCheckBox)
    assert not box.isChecked() and not box.isEnabled(), "what he signed for stands"
    answer(hand, decisions.dialog)
    with shop.workspace.read() as session:
        (order,) = records.find_rows(session, "order", {"quote": quote})
    assert (order["total_ht"], order["chosen"]) == (D(89), [])


def test_options_that_the_customer_takes_are_ordered(hand: Hand, shop: Shop) -> None:
    quote = shop.quote("dsi 600", "for 01")
    with shop.workspace.transaction() as session:
        option = issuing.find_lines(session, quote)[1]["id"]
        records.save(session, "quote_line", option, {"choice_kind": "option", "selected": False})
        issuing.issue(session, quote)
    hand.window.go("quotes", quote)
    hand.settle()
    take(hand, "Accepté…")
    from PySide6.QtWidgets import QCheckBox

    decisions = hand.page.editor.decisions
    hand.wait_for(lambda: bool(decisions.dialog and decisions.dialog.findChildren(QCheckBox)))
    (box,) = decisions.dialog.findChildren(QCheckBox)
    box.setChecked(True)
    answer(hand, decisions.dialog)
    hand.wait_for(lambda: stored(shop, quote)["status"] == "accepted")
    hand.wait_for(lambda: "Convertir en commande…" in steps(hand))
    take(hand, "Convertir en commande…")
    hand.wait_for(lambda: decisions.dialog.windowTitle() == "Convertir en commande")
    answer(hand, decisions.dialog)

    def orders() -> list[Any]:
        with shop.workspace.read() as session:
            return records.find_rows(session, "order", {"quote": quote})

    hand.wait_for(lambda: bool(orders()))
    (order,) = orders()
    assert (order["chosen"], order["total_ht"]) == ([option], D(239))


def test_a_refusal_asks_for_its_reason(hand: Hand, shop: Shop, issued: str) -> None:
    take(hand, "Refusé…")
    dialog = hand.page.editor.decisions.dialog
    answer(hand, dialog)
    assert stored(shop, issued)["status"] == "issued"
    answer(hand, dialog, reason="trop cher")
    assert (stored(shop, issued)["status"], stored(shop, issued)["decision_note"]) == ("refused", "trop cher")


def test_a_quote_is_followed_up_on_a_day(hand: Hand, shop: Shop, issued: str) -> None:
    from datetime import date

    take(hand, "Relancer un jour…")
    answer(hand, hand.page.editor.decisions.dialog, day=date(2030, 3, 12))
    assert stored(shop, issued)["follow_up_on"] == date(2030, 3, 12)


def test_two_revisions_are_shown_side_by_side_and_printable(hand: Hand, shop: Shop, issued: str) -> None:
    with shop.workspace.transaction() as session:
        second = issuing.revise(session, issued)
        line = issuing.find_lines(session, second)[0]
        records.save(session, "quote_line", line["id"], {"quantity": D(8)})
    hand.window.go("quotes", second)
    hand.settle()
    number = stored(shop, issued)["number"]
    take(hand, f"Comparer avec {number}")
    view = hand.page.editor.decisions.dialog
    assert isinstance(view, ComparisonView)
    assert "8 ×" in view.page.toPlainText() and "6 ×" in view.page.toPlainText()
    with shop.workspace.read() as session:
        found = side_by_side.compare(session, issued, second)
    assert (found.left.number, found.right.number) == (number, f"{number}-R2") and found.right.draft
    with Pages(as_pdf(found)) as pages:
        said = pages.document.getAllText(0)
        words = pages.document.getSelectionAtIndex(0, said.text().index("Distributeur"), 12)
        assert words.boundingRectangle().width() > 40, "points: it is read on paper too"
    view.accept()


def test_each_page_of_a_printed_comparison_says_what_it_compares(shop: Shop, issued: str) -> None:
    with shop.workspace.transaction() as session:
        second = issuing.revise(session, issued)
        for at in range(80):
            line = {"quote": second, "kind": "text", "position": 10 + at, "description": f"Remarque {at}"}
            records.add(session, "quote_line", line)
    with shop.workspace.read() as session:
        found = side_by_side.compare(session, issued, second)
    with Pages(as_pdf(found)) as pages:
        texts = [pages.document.getAllText(page).text() for page in range(len(pages))]
    assert "Comparer deux versions" in texts[0] and "Boulangerie Morel" in texts[0]
    # A reader sees the head that is repeated letter by letter, and the hyphens as other signs.
    count, pages_said = found.left.number.rpartition("-")[2], ["".join(text.split()) for text in texts]
    assert len(texts) > 1 and all(text.count(count) == 2 for text in pages_said)


def test_a_comparison_says_what_differs_beside_the_figures(hand: Hand, shop: Shop, issued: str) -> None:
    with shop.workspace.transaction() as session:
        second = issuing.revise(session, issued)
        line = issuing.find_lines(session, second)[0]
        changed = {"vat_rate": D(10), "choice_kind": "option", "description": "<b>Autre</b>"}
        records.save(session, "quote_line", line["id"], {**changed, "selected": False})
        records.save(session, "quote", second, {"valid_until": "2030-03-12"})
    with shop.workspace.read() as session:
        found = side_by_side.compare(session, issued, second)
    (row,) = (row for row in found.lines if row.state == "changed")
    figures, *more = row.right.split("\n")
    assert figures in row.left and more == [
        "Description\u00a0: <b>Autre</b>",
        "Taux de TVA\u00a0: 10\u00a0%",
        "Présence dans l’offre\u00a0: Option",
    ]
    assert "12 mars 2030" in [fact.right for fact in found.facts]
    assert "&lt;b&gt;Autre&lt;/b&gt;" in as_html(found)


def test_a_discount_beyond_the_authority_is_sent_for_approval(hand: Hand, shop: Shop, opened: Opened) -> None:
    with shop.workspace.transaction() as session:
        me = records.add(session, "user", {"name": "Claire", "role": "manager", "discount_authority": D(5)})
        state.put(session.connection(), "user", me)
        records.add(session, "site", {"account": shop.account, "kind": "billing", "town": "Grenoble"})
    quote = opened("dsi 600 x 6")
    hand.page.editor.draft.act(lambda sheet: authority_discount(sheet))
    hand.wait_for(lambda: bool(hand.page.editor.points_button.points))
    assert hand.page.editor.points_button.accessibleName() == "1 point à vérifier avant d’émettre"
    assert "Émettre" not in steps(hand)
    take(hand, "Envoyer pour validation…")
    answer(hand, hand.page.editor.approvals.dialog, note="client fidèle")
    assert stored(shop, quote)["status"] == "to_approve"
    take(hand, "Valider…")
    answer(hand, hand.page.editor.approvals.dialog)
    assert stored(shop, quote)["status"] == "to_approve"  # twelve percent are beyond this manager too
    assert hand.page.editor.problem.isVisible()
    with shop.workspace.transaction() as session:
        records.save(session, "user", me, {"discount_authority": D(20)})
    take(hand, "Valider…")
    answer(hand, hand.page.editor.approvals.dialog)
    with shop.workspace.read() as session:
        assert authority.is_approved(session, records.get(session, "quote", quote))
    assert "Émettre" in steps(hand)


def authority_discount(sheet: Any) -> Any:
    from app.quotes import editing

    return editing.set_cell(sheet, 0, "discount_percent", "12")


def test_details_answer_the_questions_of_the_law_in_one_step(hand: Hand, shop: Shop, opened: Opened) -> None:
    quote = opened("dsi 600")
    hand.page.editor.show_details()
    hand.settle()
    details = hand.window.findChildren(Details)[-1]
    answer(hand, details, sale_place="customer", customer_reference="BC 7")
    hand.wait_for(lambda: any(point.where == "details" for point in hand.page.editor.points_button.points))
    hand.page.editor.show_details()
    hand.settle()
    answer(hand, hand.window.findChildren(Details)[-1], headcount=12)
    hand.wait_for(
        lambda: not any(point.where == "details" for point in hand.page.editor.points_button.points)
    )
    with shop.workspace.read() as session:
        assert records.get(session, "account", shop.account)["headcount"] == 12
    assert (stored(shop, quote)["sale_place"], stored(shop, quote)["customer_reference"]) == (
        "customer",
        "BC 7",
    )


def test_printing_an_issued_quote_is_noted(hand: Hand, shop: Shop, issued: str, tmp_path: Any) -> None:
    from PySide6.QtPrintSupport import QPrinter

    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "out.pdf"))
    desk = hand.page.editor.desk
    assert stored(shop, issued)["printed_at"] is None
    desk.printing.print_on(
        hand.page.editor.preview.content, "Devis", printer, lambda: desk._note_printed(issued)
    )
    hand.wait_for(lambda: stored(shop, issued)["printed_at"] is not None)


def test_a_quote_past_its_last_day_expires_at_the_start_and_at_midnight(
    hand: Hand, shop: Shop, issued: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from app import formats
    from ui.quotes.expiring import Expiring

    last = stored(shop, issued)["valid_until"]
    watch = Expiring(hand.window)
    hand.settle()
    assert stored(shop, issued)["status"] == "issued"
    after = formats.now() + (last - formats.now().date()) + timedelta(days=1)
    monkeypatch.setattr(formats, "now", lambda: after)
    watch.look()
    hand.settle()
    assert stored(shop, issued)["status"] == "expired"


def with_post(shop: Shop) -> None:
    """A server that posts e-mails."""
    with shop.workspace.transaction() as session:
        records.add(session, "setting", {"name": "server_mail", "value": {"sender": "devis@valmont.example"}})
        state.put(session.connection(), "server", "https://office.example")
        state.put(
            session.connection(), "user", records.add(session, "user", {"name": "Claire", "role": "rep"})
        )


def test_where_the_server_posts_the_e_mail_is_read_over_queued_and_its_fate_is_shown(
    hand: Hand, shop: Shop, issued: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []
    read = mailing._address
    monkeypatch.setattr(
        mailing, "_address", lambda word: readers.append(threading.current_thread()) or read(word)
    )
    assert "Brouillon dans la messagerie…" not in steps(hand), "alone, the mail program sends"
    with_post(shop)
    take(hand, "Envoyer par courriel…")
    dialog = hand.page.editor.decisions.dialog
    answer(hand, dialog, to="nobody")
    assert dialog.isVisible() and "nom@exemple.fr" in dialog.said.text()
    answer(hand, dialog, to="sylvie@morel.example", text="Bonjour Sylvie")
    hand.wait_for(lambda: bool(hand.page.editor.notices.notices))
    assert readers and threading.main_thread() not in readers, "what reads addresses takes long to load"
    (notice,) = hand.page.editor.notices.notices
    assert "sylvie@morel.example partira à la prochaine synchronisation" in notice.text
    with shop.workspace.transaction() as session:
        (row,) = records.find_rows(session, "attachment", {"record_kind": "letter", "record": issued})
        content = attachments.of_digest(session, row["sha256"])
        assert content is not None and b"application/pdf" in content
        assert attachments.find_of_account(session, shop.account) == [], "no file among the account's"
        # What the server writes once the mail server took it.
        arrived = "UPDATE attachment SET arrived = 'posted 2026-11-22T10:00:00.000Z' WHERE id = ?"
        session.connection().exec_driver_sql(arrived, (row["id"],))
        letters.note_posted(session)
    assert stored(shop, issued)["status"] == "sent"


def test_a_letter_that_cannot_be_queued_keeps_what_was_written(hand: Hand, shop: Shop, issued: str) -> None:
    with_post(shop)
    take(hand, "Envoyer par courriel…")
    dialog = hand.page.editor.decisions.dialog
    with shop.workspace.transaction() as session:
        posts = records.find_rows(session, "setting", {"name": "server_mail"})[0]["id"]
        records.save(session, "setting", posts, {"value": None})
    answer(hand, dialog, to="sylvie@morel.example", text="Bonjour Sylvie, réécrit")
    hand.wait_for(dialog.ok.isEnabled)
    assert dialog.isVisible() and dialog.form.values()["text"] == "Bonjour Sylvie, réécrit"
    assert "serveur" in dialog.said.text()
    with shop.workspace.transaction() as session:
        records.save(session, "setting", posts, {"value": {"sender": "devis@valmont.example"}})
    answer(hand, dialog)
    hand.wait_for(lambda: bool(hand.page.editor.notices.notices))
    with shop.workspace.read() as session:
        assert len(records.find_rows(session, "attachment", {"record_kind": "letter", "record": issued})) == 1


def test_an_ampersand_in_a_customer_s_name_is_shown(hand: Hand, shop: Shop, opened: Opened) -> None:
    with shop.workspace.transaction() as session:
        records.save(session, "account", shop.account, {"name": "Morel & fils"})
    opened("dsi 600")
    customer = hand.page.editor.head.customer
    assert "Morel && fils" in customer.text() and customer.shortcut().isEmpty()
    assert "Morel & fils" in customer.accessibleName()
