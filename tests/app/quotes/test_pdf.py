"""The printed quote, read back from its bytes."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from app.quotes.document import QuoteDocument
from app.quotes.pdf import render
from app.quotes.pdf_type import clean
from app.quotes.pdf_words import Words
from tests.app.quotes import samples


def pages_of(document: QuoteDocument) -> list[str]:
    """The text of each page; ReportLab writes a no-break space as a space."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(render(document))).pages]


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def text_of(document: QuoteDocument) -> str:
    return "\n".join(pages_of(document))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def money_of(document: QuoteDocument) -> list[str]:
    words = Words(document.language, document.currency)
    amounts = document.amounts
    found = [amounts.ht, amounts.vat, amounts.ttc, amounts.discount, amounts.deposit]
    found += [amounts.lines] if amounts.discount else []
    found += [amounts.balance, amounts.options_ht, amounts.options_ttc]
    found += [amount for _label, amount in amounts.charges]
    found += [each for row in amounts.vat_rows for each in (row.base, row.vat)]
    return [spaced(words.money(amount)) for amount in found if amount]


@pytest.mark.parametrize("quote", [{}, {"tax_mode": "TTC"}, {"currency": "CHF"}])
def test_every_amount_of_the_totals_is_on_the_paper(quote):
    document = samples.full(25, **quote)
    text = text_of(document)
    assert len(money_of(document)) >= 12
    for amount in money_of(document):
        assert amount in text


def test_an_english_customer_reads_english():
    document = samples.document(12, account={"language": "en"})
    text = text_of(document)
    assert all(amount in text for amount in money_of(document))
    assert "Agreed and accepted" in text and "21 November 2026" in text
    assert "Bon pour accord" not in text


def test_the_paper_names_both_parties_the_number_and_the_dates():
    text = text_of(samples.document(1))
    for expected in (
        "Atelier Valmont",
        "Menuiserie Durand & Fils",
        "42400 Saint-Chamond",
        "D26-K7-00042",
        "21 novembre 2026",
        "21 décembre 2026",
        "Karim Benali",
        "Équipement de l’atelier de Saint-Chamond",
        "RCS Lyon",
        "732 829 320",
        "indemnité forfaitaire pour frais de recouvrement : 40 €",
        "Page 1/1",
    ):
        assert expected in text


@pytest.mark.parametrize("count", [1, 40, 120, 300])
def test_each_page_has_header_number_page_and_right_carry(count):
    document = samples.document(count)
    words = Words("fr")
    pages = pages_of(document)
    for index, text in enumerate(pages):
        assert "Désignation" in text and "D26-K7-00042" in text
        assert f"Page {index + 1}/{len(pages)}" in text
    by_reference = {line.reference: Decimal(line.amount) for line in document.lines}
    running = Decimal(0)
    for index, text in enumerate(pages):
        if index:
            assert re.search(rf"Report\s+{re.escape(words.number(str(running), 2))}", text)
        running += sum(by_reference[reference] for reference in re.findall(r"VAL-\d+", text))
        last = index == len(pages) - 1
        assert ("À reporter" in text) is not last
        if not last:
            assert re.search(rf"À reporter\s+{re.escape(words.number(str(running), 2))}", text)
    assert running == Decimal(document.amounts.lines)


@pytest.mark.parametrize("count", range(1, 46, 2))
def test_the_box_to_sign_stands_with_the_totals_and_a_line(count):
    for text in pages_of(samples.document(count)):
        if "Bon pour accord" in text:
            assert "Total TTC" in text and "Total TVA" in text and "VAL-" in text
            return
    pytest.fail("no box to sign")


@pytest.mark.parametrize("count", range(5, 45, 3))
def test_a_section_heading_is_never_the_last_thing_on_a_page(count):
    rows = [samples.line(n) for n in range(count)]
    rows.append({"kind": "section", "description": "Orphelin", "position": count})
    rows += [samples.line(count + 1 + n) for n in range(10)]
    for text in pages_of(samples.document(rows)):
        if "Orphelin" in text:
            after = text.split("Orphelin")[1].split("À reporter")[0]
            assert len(re.findall(r"VAL-\d+", after)) >= 2


def test_a_description_longer_than_a_page_is_printed_whole():
    words = [f"mot{n}" for n in range(4000)]
    document = samples.document([samples.line(0), samples.line(1, detail=" ".join(words)), samples.line(2)])
    text = text_of(document)
    assert re.findall(r"mot\d+", text) == words
    assert len(pages_of(document)) > 3


def test_a_long_introduction_and_long_terms_run_over_pages():
    long = "\n".join(f"Phrase{n} qui compte." for n in range(300))
    document = replace(samples.document(2, introduction=long, notes=long), terms=long)
    text = text_of(document)
    for n in (0, 150, 299):
        assert text.count(f"Phrase{n} ") == 3


row_values = st.one_of(
    st.fixed_dictionaries({"kind": st.just("section"), "description": st.sampled_from(["Lot", "Lot " * 60])}),
    st.fixed_dictionaries({"kind": st.just("subtotal"), "description": st.just("")}),
    st.fixed_dictionaries(
        {"kind": st.just("text"), "description": st.sampled_from(["note", "note " * 2000])}
    ),
    st.fixed_dictionaries(
        {
            "detail": st.sampled_from(["", "", "mot", "mot " * 40, "mot " * 400, "mot " * 3000]),
            "choice_kind": st.sampled_from(["item", "item", "item", "option", "alternate"]),
        }
    ),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(row_values, max_size=30), st.sampled_from(["", "note " * 40, "note " * 3000]))
def test_whatever_the_rows_nothing_is_lost_and_the_box_to_sign_keeps_the_totals(values, text):
    rows = [samples.line(n, **{"detail": "", **each}) for n, each in enumerate(values)]
    pages = pages_of(samples.document(rows, introduction=text, notes=text))
    items = [row for row in rows if row["kind"] == "item"]
    found = re.findall(r"VAL-\d+", "\n".join(pages))
    assert sorted(found) == sorted(row["sku"] for row in items)
    assert sum(page.count("mot") for page in pages) == sum(row["detail"].count("mot") for row in items)
    signed = [page for page in pages if "Bon pour accord" in page]
    assert len(signed) == 1 and "Total TTC" in signed[0]


def test_a_very_long_word_is_cut_not_lost():
    word = "x" * 900 + "fin"
    text = squeezed(text_of(samples.document([samples.line(0, description=word, sku="R" * 60)])))
    assert word in text and "R" * 60 in text


def test_markup_of_the_user_is_only_text():
    text = text_of(
        samples.document([samples.line(0, description="<b>gras & <i>pas fermé")], subject="</para>")
    )
    assert "<b>gras & <i>pas fermé" in text and "</para>" in text


@pytest.mark.parametrize("text", ["🙂", "日本", "👩🏽‍🔧", "\U0001f1eb\U0001f1f7"])
def test_what_the_font_lacks_leaves_a_visible_mark(text):
    shown = clean(f"a{text}b")
    assert shown.startswith("a") and shown.endswith("b") and len(shown) > 2
    assert shown in text_of(samples.document([samples.line(0, description=f"a{text}b")]))


def test_french_typography_has_its_glyphs():
    for text in ("1\u202f234,50\u00a0€", "« œuvre » — l’été ½ m² Ø ✓ → …"):
        assert clean(text) == text
    assert clean("e\u0301te\u0301\tA\x00\u200bB") == "été AB"


def test_the_same_document_gives_the_same_bytes():
    first = render(samples.full(40))
    render(samples.document(3))
    assert render(QuoteDocument.from_dict(samples.full(40).to_dict())) == first


def test_only_embedded_fonts_are_named():
    reader = PdfReader(io.BytesIO(render(samples.full(20))))
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            font = font.get_object()
            assert "SourceSans3" in font["/BaseFont"]
            assert "/FontFile2" in font["/FontDescriptor"]


def test_the_file_says_its_language_title_and_author():
    reader = PdfReader(io.BytesIO(render(samples.document(1))))
    assert reader.metadata.title == "Devis D26-K7-00042"
    assert reader.metadata.author == "Atelier Valmont"
    assert reader.trailer["/Root"]["/Lang"] == "fr-FR"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]


def test_a_draft_is_marked_on_every_page_and_an_issued_quote_on_none():
    assert all("BROUILLON" in text for text in pages_of(samples.document(60, status="draft", number=None)))
    assert "BROUILLON" not in text_of(samples.document(60))


def test_the_discount_column_is_there_only_when_used():
    assert "Remise" not in text_of(samples.document([samples.line(0)]))
    assert "−5 %" in text_of(samples.document([samples.line(2)]))


def test_huge_figures_leave_room_for_words():
    rows = [samples.line(0, unit_price=Decimal("999999.123456"), quantity=Decimal("999999.9999"))]
    text = text_of(samples.document(rows))
    assert "Scie à format FX 3200" in text and "999\u202f999,123456" in text


def test_an_empty_quote_can_be_previewed():
    assert "Bon pour accord" in text_of(samples.document(0, status="draft", number=None, subject=None))


def test_many_options_and_rates_stay_on_the_paper():
    rates = ("20", "10", "5.5", "2.1", "8.5", "13", "0.9", "0")
    rows = [samples.line(n, vat_rate=Decimal(rates[n % 8])) for n in range(30)]
    rows += [samples.line(30 + n, choice_kind="option") for n in range(60)]
    document = samples.document(rows)
    text = text_of(document)
    assert len(re.findall(r"VAL-\d+", text)) == 90
    for amount in money_of(document):
        assert amount in text


@pytest.mark.parametrize(
    ("language", "currency", "text", "shown"),
    [
        ("fr", "EUR", "1234.5", "1\u202f234,50\u00a0€"),
        ("fr", "EUR", "-0.07", "−0,07\u00a0€"),
        ("fr", "CHF", "1234567.00", "1\u202f234\u202f567,00\u00a0CHF"),
        ("en", "EUR", "1234.5", "€1,234.50"),
        ("en", "GBP", "-3", "−£3.00"),
        ("en", "CHF", "3", "CHF\u00a03.00"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(language, currency, text, shown):
    assert Words(language, currency).money(text) == shown
