"""Signed at the customer's: what was shown is what is sealed, and nothing can be changed afterwards."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, ImageFilter
from pypdf import PdfReader

from app import attachments, errors, records
from app.quotes import issuing, life, paper, sealing, signed_paper, signing
from app.quotes.signing import Consent

STROKES = (((0.1, 0.2, 0), (0.2, 0.1, 40), (0.35, 0.22, 90)), ((0.5, 0.15, 200), (0.7, 0.2, 260)))
YES = Consent("Hélène Durand", "Gérante", "h.durand@example.fr", True, True, (), STROKES)


@pytest.fixture
def quote(workspace) -> str:
    """An issued quote with an option."""
    with workspace.transaction() as session:
        records.add(session, "organisation", {"name": "Atelier Valmont", "terms": "Article 1."})
        account = records.add(session, "account", {"name": "Menuiserie Durand"})
        quote = records.add(session, "quote", {"account": account, "status": "draft"})
        line = {"quote": quote, "kind": "item", "quantity": 1, "unit_price": 100, "vat_rate": 20}
        records.add(session, "quote_line", {**line, "position": 1, "description": "Scie"})
        option = {"choice_kind": "option", "selected": False, "description": "Pose"}
        records.add(session, "quote_line", {**line, "position": 2, **option})
        issuing.issue(session, quote)
    return quote


def opened(workspace, quote) -> signing.Signing:
    with workspace.transaction() as session:
        return signing.open_signing(session, quote, workspace.vault)


def signed(workspace, quote, consent=YES) -> str:
    made = signing.sign(opened(workspace, quote), consent)
    with workspace.transaction() as session:
        return signing.keep_signature(session, made)


def get(workspace, kind, id):
    with workspace.read() as session:
        return records.get(session, kind, id)


def sealed_file(workspace, signature) -> bytes:
    with workspace.read() as session:
        return b"".join(attachments.read(session, records.get(session, "signature", signature)["attachment"]))


def another(workspace, quote) -> str:
    with workspace.transaction() as session:
        copy = issuing.duplicate(session, quote)
        issuing.issue(session, copy)
    return copy


def test_the_pdf_that_was_shown_is_the_one_that_is_sealed(workspace, quote):
    shown = opened(workspace, quote)
    with workspace.read() as session:
        assert shown.content == paper.pdf(session, quote)
    assert shown.pdf_hash == get(workspace, "quote", quote)["pdf_hash"]
    id = signed(workspace, quote)
    content = sealed_file(workspace, id)
    assert sealing.check(content).good
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    shown_pages = [page.extract_text() for page in PdfReader(io.BytesIO(shown.content)).pages]
    assert pages[:-1] == shown_pages
    assert "Hélène Durand" in pages[-1] and "Bon pour accord" in pages[-1]
    assert shown.pdf_hash in "".join(pages[-1].split())


def test_the_quote_is_accepted_with_the_options_that_were_ticked(workspace, quote):
    shown = opened(workspace, quote)
    (option,) = shown.choices
    consent = Consent("Hélène", agreed=True, terms=True, chosen=(option["id"],), strokes=STROKES)
    id = signed(workspace, quote, consent)
    kept = get(workspace, "quote", quote)
    assert kept["status"] == "accepted" and kept["signature"]["id"] == id
    assert kept["signature"]["chosen"] == [option["id"]]
    assert get(workspace, "signature", id)["evidence"]["chosen"] == ["Pose"]


def test_the_order_holds_what_was_signed_for_and_nothing_else(workspace, quote):
    (option,) = opened(workspace, quote).choices
    with workspace.transaction() as session:
        draft = issuing.duplicate(session, quote)
        (copied,) = [each for each in issuing.find_lines(session, draft) if each["choice_kind"] == "option"]
        records.save(session, "quote_line", copied["id"], {"selected": True})
        issuing.issue(session, draft)
    signed(workspace, draft)
    consent = Consent("Hélène", agreed=True, terms=True, chosen=(option["id"],), strokes=STROKES)
    signed(workspace, quote, consent)
    with workspace.transaction() as session:
        with pytest.raises(errors.NotAllowed):
            life.convert(session, draft, [copied["id"]])
        with pytest.raises(errors.NotAllowed):
            life.convert(session, quote, [])
        ordered = [records.get(session, "order", life.convert(session, each)) for each in (draft, quote)]
    assert [order["total_ht"] for order in ordered] == [100, 200], "the option that was not ticked stays out"


def test_the_evidence_says_what_is_to_pay_beforehand_of_the_total_that_was_signed_for(workspace, quote):
    with workspace.transaction() as session:
        copy = issuing.duplicate(session, quote)
        records.save(session, "quote", copy, {"deposit_type": "percent", "deposit_value": 30})
        issuing.issue(session, copy)
    shown = opened(workspace, copy)
    taken = tuple(line["id"] for line in shown.choices)
    id = signed(workspace, copy, Consent("Hélène", "", "", True, True, taken, STROKES))
    total = get(workspace, "signature", id)["evidence"]["total"]
    assert total == {"ht": "200.00", "ttc": "240.00", "deposit": "72.00", "balance": "168.00"}
    page = PdfReader(io.BytesIO(sealed_file(workspace, id))).pages[-1].extract_text()
    words = " ".join(page.replace("\u202f", " ").replace("\u00a0", " ").split())
    assert "36,00 € · Solde 84,00 €" in words and "72,00 € · Solde 168,00 €" in words, words


def test_one_altered_byte_is_seen_wherever_it_is(workspace, quote):
    content = sealed_file(workspace, signed(workspace, quote))
    chance = random.Random(7)
    for _turn in range(60):
        altered = bytearray(content)
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
        try:
            assert not sealing.check(bytes(altered)).good
        except errors.Damaged:
            continue


def test_what_is_added_after_the_seal_is_seen(workspace, quote):
    content = sealed_file(workspace, signed(workspace, quote))
    assert not sealing.check(content + b"\n% more").good
    assert not sealing.check(opened(workspace, another(workspace, quote)).content).sealed


@pytest.mark.parametrize(
    ("consent", "field"),
    [
        (Consent("", agreed=True, terms=True, strokes=STROKES), "name"),
        (Consent("H", agreed=False, terms=True, strokes=STROKES), "agreed"),
        (Consent("H", agreed=True, terms=False, strokes=STROKES), "terms"),
        (Consent("H", agreed=True, terms=True), "strokes"),
        (Consent("H", agreed=True, terms=True, strokes=(((0.1, 0.1, 0),),)), "strokes"),
    ],
)
def test_what_is_missing_is_asked_beside_its_field(workspace, quote, consent, field):
    with pytest.raises(errors.Invalid) as refusal:
        signing.sign(opened(workspace, quote), consent)
    assert list(refusal.value.problems) == [field]
    assert get(workspace, "quote", quote)["status"] == "issued"


def test_a_draft_and_a_decided_quote_are_not_signed(workspace, quote):
    with workspace.transaction() as session:
        draft = issuing.duplicate(session, quote)
    for other in (draft, quote):
        if other == quote:
            signed(workspace, quote)
        with pytest.raises(errors.NotAllowed):
            opened(workspace, other)


def test_the_records_of_a_laptop_are_a_chain(workspace, quote):
    first = get(workspace, "signature", signed(workspace, quote))
    second = get(workspace, "signature", signed(workspace, another(workspace, quote)))
    assert (first["position"], first["previous_hash"]) == (1, signing.FIRST)
    assert (second["position"], second["previous_hash"]) == (2, first["record_hash"])
    with workspace.read() as session:
        assert signing.broken_links(session) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE signature SET signer_name = 'Autre' WHERE position = 1",
        "UPDATE signature SET pdf_hash = 'x' WHERE position = 2",
        "DELETE FROM signature WHERE position = 1",
        "DELETE FROM signature WHERE position = 3",
        "UPDATE signature SET position = 9 WHERE position = 2",
    ],
)
def test_a_record_that_was_changed_or_taken_out_shows(workspace, quote, change):
    signed(workspace, quote)
    for _turn in range(2):
        signed(workspace, another(workspace, quote))
    with workspace.exclusive() as connection:
        connection.exec_driver_sql(change)
    with workspace.read() as session:
        assert signing.broken_links(session)


def test_a_signature_cannot_be_edited(workspace, quote):
    id = signed(workspace, quote)
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        records.save(session, "signature", id, {"signer_name": "Autre"})


def test_two_signatures_at_once_keep_one_chain(workspace, quote):
    other = another(workspace, quote)
    late = signing.sign(opened(workspace, quote), YES)
    signed(workspace, other)
    with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
        signing.keep_signature(session, late)
    assert get(workspace, "quote", quote)["status"] == "issued"


# On paper


def photo_of(workspace, quote, angle: float = 3.0, blur: float = 0.8) -> bytes:
    """The page that is signed, as a telephone sees it: turned, on a table, a little blurred."""
    from ui.printing import page_images

    with workspace.read() as session:
        pages = page_images(paper.pdf(session, quote), 1654, 1)
    page = pages[0]
    image = Image.frombytes(
        "RGBA", (page.width(), page.height()), bytes(page.convertToFormat(_RGBA()).constBits())
    )
    table = Image.new("RGB", (image.width + 400, image.height + 400), (120, 90, 60))
    table.paste(image.convert("RGB"), (200, 200))
    table = table.rotate(angle, fillcolor=(120, 90, 60)).filter(ImageFilter.GaussianBlur(blur))
    file = io.BytesIO()
    table.save(file, "JPEG", quality=70)
    return file.getvalue()


def _RGBA():
    from PySide6.QtGui import QImage

    return QImage.Format.Format_RGBA8888


@pytest.mark.parametrize("angle", [0, 4, 90, 187])
def test_a_photo_of_the_signed_paper_finds_its_quote(workspace, quote, qapp, angle):
    another(workspace, quote)
    photo = photo_of(workspace, quote, angle)
    with workspace.transaction() as session:
        assert signed_paper.keep_paper(session, None, photo, "Hélène Durand") == quote
    kept = get(workspace, "quote", quote)
    assert kept["status"] == "accepted"
    assert get(workspace, "signature", kept["signature"]["id"])["means"] == "paper"


def test_a_photo_of_a_hand_that_moved_is_read_too(workspace, quote, qapp):
    with workspace.read() as session:
        found = signed_paper.find_paper(session, photo_of(workspace, quote, blur=2.0))
    assert found.quote == quote


def test_the_paper_of_another_quote_or_revision_is_refused(workspace, quote, qapp):
    other = another(workspace, quote)
    with workspace.transaction() as session:
        revision = issuing.revise(session, quote)
        issuing.issue(session, revision)
    for wrong in (other, quote):
        photo = photo_of(workspace, wrong)
        with workspace.transaction() as session, pytest.raises(errors.NotAllowed):
            signed_paper.keep_paper(session, revision, photo, "Hélène")
        assert get(workspace, "quote", revision)["status"] == "issued"
    with workspace.read() as session, pytest.raises(errors.NotAllowed, match="Une révision remplace"):
        signed_paper.find_paper(session, photo_of(workspace, quote))
    with workspace.transaction() as session:
        assert signed_paper.keep_paper(session, None, photo_of(workspace, revision), "Hélène") == revision


@pytest.mark.parametrize("photo", [b"", b"no picture", None])
def test_a_photo_without_a_readable_code_says_what_to_do(workspace, quote, photo):
    if photo is None:
        file = io.BytesIO()
        Image.new("L", (800, 600), 200).save(file, "JPEG")
        photo = file.getvalue()
    with workspace.transaction() as session, pytest.raises(errors.Invalid) as refusal:
        signed_paper.keep_paper(session, quote, photo, "Hélène")
    assert "photo" in refusal.value.problems
    with workspace.read() as session:
        assert not records.find_rows(session, "attachment")


def test_the_evidence_of_forty_options_goes_on_over_pages_and_loses_nothing(workspace, quote):
    names = [f"Option {n:02} — extension de garantie sur site, pièces et main-d’œuvre" for n in range(40)]
    with workspace.transaction() as session:
        copy = issuing.duplicate(session, quote)
        for n, name in enumerate(names):
            line = {"quote": copy, "kind": "item", "quantity": 1, "unit_price": 10, "vat_rate": 20}
            extra = {"choice_kind": "option", "selected": False, "description": name, "position": 10 + n}
            records.add(session, "quote_line", {**line, **extra})
        issuing.issue(session, copy)
    shown = opened(workspace, copy)
    everything = tuple(line["id"] for line in shown.choices)
    sealed = signing.sign(shown, Consent("Hélène Durand", "", "", True, True, everything, STROKES)).content
    pages = PdfReader(io.BytesIO(sealed)).pages[len(PdfReader(io.BytesIO(shown.content)).pages) :]
    assert len(pages) == 2
    heights: list[float] = []
    words = " ".join(
        page.extract_text(
            visitor_text=lambda text, _c, at, _f, _s: heights.append(at[5]) if text.strip() else None
        )
        for page in pages
    )
    assert all(name in words for name in names)
    # Forty-one options: the one of the quote that was copied, and these.
    plain = words.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Total avec ces options Total HT 600,00 € · Total TTC 720,00 €" in " ".join(plain.split())
    assert shown.pdf_hash in "".join(words.split())
    assert min(heights) > 15


@pytest.mark.parametrize(
    ("scheme", "said"), [("franchise", "Net à payer 100,00 €"), (None, "Total TTC 120,00 €")]
)
def test_the_evidence_speaks_of_vat_only_where_some_is_due(workspace, quote, scheme, said):
    with workspace.transaction() as session:
        company = records.find_rows(session, "organisation")[0]["id"]
        records.save(session, "organisation", company, {"vat_scheme": scheme})
        copy = issuing.duplicate(session, quote)
        if scheme:
            for line in issuing.find_lines(session, copy):
                records.save(session, "quote_line", line["id"], {"vat_rate": 0, "vat_category": "E"})
        issuing.issue(session, copy)
    sealed = signing.sign(opened(workspace, copy), YES).content
    page = (
        PdfReader(io.BytesIO(sealed)).pages[-1].extract_text().replace("\u202f", " ").replace("\u00a0", " ")
    )
    assert said in page
    assert ("TTC" in page) == (scheme is None)
