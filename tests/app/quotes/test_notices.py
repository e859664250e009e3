"""What stands above a quote: two versions of it, an approval that nobody gave, a price list past its day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from app import company, formats, records
from app.errors import NotAllowed
from app.i18n import set_language
from app.quotes import issuing, notices, paper, prospects, signing
from sync import state
from sync.conflicts import FORK
from tests.app.test_company import logo
from tests.shop import Shop


def found(shop: Shop, quote: str) -> list[notices.Notice]:
    with shop.workspace.read() as session:
        return notices.find_notices(session, quote)


def test_an_ordinary_quote_has_none(shop: Shop):
    assert found(shop, shop.quote("dsi 600")) == []


def test_a_paper_that_is_not_whole_here_says_so_and_is_not_signed(shop: Shop, tmp_path: Path):
    company.keep_file(shop.workspace, "logo", logo(tmp_path))
    quote = shop.quote("dsi 600")
    with shop.workspace.transaction() as session:
        issuing.issue(session, quote)
    assert found(shop, quote) == []
    with shop.workspace.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM sync_blob")
    (notice,) = found(shop, quote)
    assert notice.tone == "warn"
    with shop.workspace.transaction() as session, pytest.raises(NotAllowed):
        signing.open_signing(session, quote, shop.workspace.vault)


def test_a_price_list_past_its_day_is_named_with_the_day(shop: Shop):
    quote = shop.quote("dsi 600")
    with shop.workspace.transaction() as session:
        account = records.get(session, "account", shop.account)
        ended = formats.now().date() - timedelta(days=3)
        records.save(session, "price_list", account["price_list"], {"valid_to": ended})
    (notice,) = found(shop, quote)
    assert (notice.tone, notice.version) == ("warn", "")
    assert "Tarif B" in notice.text and formats.format_date(ended) in notice.text


def test_each_of_two_versions_leads_to_the_other_until_one_is_deleted(shop: Shop):
    one, other = shop.quote("dsi 600"), shop.quote("dsi 600 x 2")
    with shop.workspace.transaction() as session:
        told = {"record_kind": "quote", "record": one, "field": FORK, "candidates": [{"value": other}]}
        records.add(session, "conflict", {**told, "state": "open"})
    assert [each.version for each in found(shop, one)] == [other]
    assert [each.version for each in found(shop, other)] == [one]
    with shop.workspace.read() as session:
        assert [id for id, _words in prospects.look(session, other).revisions] == [one]
    with shop.workspace.transaction() as session:
        records.delete(session, "quote", other)
    assert found(shop, one) == []


def test_an_approval_in_my_name_that_i_never_gave_is_told_to_me_alone(shop: Shop):
    quote = shop.quote("dsi 600")
    with shop.workspace.transaction() as session:
        me = records.add(session, "user", {"name": "Rey", "role": "manager"})
        given = {"by": me, "means": "telephone", "key": "k", "number": 1, "control": "AAAA"}
        records.save(session, "quote", quote, {"approval": given})
    assert found(shop, quote) == []
    with shop.workspace.transaction() as session:
        state.put(session.connection(), "user", me)
    (notice,) = found(shop, quote)
    assert notice.tone == "bad"


def test_an_issued_quote_keeps_its_prices_without_a_word(shop: Shop):
    from app.quotes import issuing

    quote = shop.quote("dsi 600")
    with shop.workspace.transaction() as session:
        issuing.issue(session, quote)
        account = records.get(session, "account", shop.account)
        records.save(session, "price_list", account["price_list"], {"valid_to": date(2020, 1, 1)})
    assert found(shop, quote) == []


def drawn(shop: Shop, quote: str) -> list[notices.Notice]:
    with shop.workspace.read() as session:
        page = paper.open_paper(session, quote)
    return notices.look_at_drawn(page, page.render())


def issued(shop: Shop) -> str:
    quote = shop.quote("dsi 600", "bob 450 x 24")
    with shop.workspace.transaction() as session:
        issuing.issue(session, quote)
    return quote


def test_an_issued_paper_is_the_same_file_whatever_changes_around_it(shop: Shop) -> None:
    quote = issued(shop)
    with shop.workspace.transaction() as session:
        (seller,) = records.find_rows(session, "organisation")
        records.save(session, "organisation", seller["id"], {"name": "Valmont SA", "terms": "Sans retour."})
        records.save(session, "account", shop.account, {"language": "en"})
        records.save(session, "product", shop.products["DSI-600"], {"label_fr": "Autre chose"})
    set_language("en")
    assert drawn(shop, quote) == []


def test_a_file_drawn_otherwise_than_it_was_issued_says_so_and_what_it_was(shop: Shop) -> None:
    quote = issued(shop)
    with shop.workspace.transaction() as session:
        records.save(session, "quote", quote, {"pdf_hash": "1234567890ab" + "0" * 52})
    (notice,) = drawn(shop, quote)
    assert notice.tone == "info" and "1234567890ab" in notice.text
    assert formats.format_date(formats.now().date(), "long") in notice.text


def test_a_frozen_content_that_was_altered_is_not_what_was_issued(shop: Shop) -> None:
    quote = issued(shop)
    with shop.workspace.transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE quote SET snapshot = replace(snapshot, 'Bobine ouate', 'Bobine soie') WHERE id = ?",
            (quote,),
        )
    (notice,) = drawn(shop, quote)
    assert notice.tone == "bad"


def test_a_draft_or_what_lacks_a_picture_is_not_held_against_a_file(shop: Shop, tmp_path: Path) -> None:
    assert drawn(shop, shop.quote("dsi 600")) == []
    company.keep_file(shop.workspace, "logo", logo(tmp_path))
    quote = issued(shop)
    with shop.workspace.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM sync_blob")
    assert drawn(shop, quote) == [], "that it is not whole is said already"
