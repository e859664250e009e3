"""The look of quotes is chosen in the settings, beside the page that it makes."""

from __future__ import annotations

from app import records
from app.quotes import paper
from app.quotes.style import read_style
from tests.shop import Shop
from tests.ui.quotes.conftest import Hand
from ui.settings.quote_look import QuoteLook


def test_a_choice_shows_at_once_and_is_kept(hand: Hand, shop: Shop) -> None:
    hand.window.go("settings")
    hand.settle()
    look = hand.window.findChild(QuoteLook)
    assert look is not None
    hand.wait_for(lambda: bool(look.content))
    before = look.content
    look.form.editor("density").show_value("compact")
    look.form.editor("accent").show_value("#0A6B43")
    look.draw()
    hand.wait_for(lambda: look.content != before)
    look.save()
    hand.settle()
    with shop.workspace.read() as session:
        kept = read_style(paper.organisation_of(session)["quote_style"])
    assert (kept.density, kept.accent) == ("compact", "#0A6B43")


def test_who_may_not_write_the_company_is_offered_no_look(hand: Hand, shop: Shop) -> None:
    from app import quote_look
    from sync import state

    with shop.workspace.transaction() as session:
        me = records.add(session, "user", {"name": "Claire", "role": "rep"})
        state.put(session.connection(), "user", me)
        assert not quote_look.may_write(session)
        records.save(session, "user", me, {"role": "office"})
        assert quote_look.may_write(session)
