"""A company's own look, its files and its annexes on the printed quote, and the archive's rules."""

from __future__ import annotations

import hashlib
import io
import itertools
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import pdfa
from PIL import Image, ImageDraw
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from app.errors import Damaged
from app.quotes.document import QuoteDocument
from app.quotes.pdf import render
from app.quotes.pdf_page import LEFT, RIGHT
from app.quotes.pdf_type import LABEL, SMALL, width
from app.quotes.style import CHOICES, LABELS, QuoteStyle, contrast_on_white, read_style
from tests.app.quotes import samples

AT_HOME = {"sale_place": "customer"}
CONSUMER = {"customer_kind": "consumer", "phone": "+33145000000"}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def image(kind: str = "JPEG", size: tuple[int, int] = (80, 80)) -> bytes:
    picture = Image.new("RGB", size, (240, 240, 240))
    ImageDraw.Draw(picture).ellipse((8, 8, size[0] - 8, size[1] - 8), fill=(200, 60, 20))
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def terms_pdf() -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawString(72, 700, "Article 1. Objet")
    canvas.save()
    return file.getvalue()


def reader(document: QuoteDocument, files=None) -> PdfReader:
    return PdfReader(io.BytesIO(render(document, files)))


def text_of(document: QuoteDocument, files=None) -> str:
    return "\n".join(page.extract_text() for page in reader(document, files).pages)


def styled(document: QuoteDocument, **choices) -> QuoteDocument:
    return replace(document, style=read_style(choices).to_dict())


def titles(found: PdfReader) -> list[str]:
    return [entry.title for entry in found.outline]


PICTURE = image()
PICTURED = samples.document(3)
PICTURED = replace(PICTURED, lines=tuple(replace(line, picture=digest(PICTURE)) for line in PICTURED.lines))


@pytest.mark.parametrize(
    "document",
    [
        samples.document(1),
        samples.full(40),
        samples.document(3, status="draft", number=None),
        samples.document(2, account=CONSUMER, **AT_HOME, tax_mode="TTC"),
        PICTURED,
    ],
    ids=["one", "full", "draft", "annexes", "pictures"],
)
def test_every_paper_is_pdf_a_3b(document):
    report = pdfa.validate_written(io.BytesIO(render(document, {digest(PICTURE): PICTURE})), "3b")
    assert report.passed, report.findings


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_stands_beside_each_line_and_is_in_the_file_once(kind):
    picture = image(kind)
    lines = tuple(replace(line, picture=digest(picture)) for line in samples.document(8).lines)
    document = replace(samples.document(8), lines=lines)
    found = reader(document, {digest(picture): picture})
    assert len({image.indirect_reference.idnum for page in found.pages for image in page.images}) == 1
    assert render(document, {digest(picture): picture}) == render(document, {digest(picture): picture})


def test_a_picture_that_is_not_here_or_is_none_leaves_its_room():
    here = len(render(PICTURED, {digest(PICTURE): PICTURE}))
    for files in ({}, {digest(PICTURE): b"no picture"}):
        content = render(PICTURED, files)
        assert len(content) < here and "VAL-" in text_of(PICTURED, files)


@pytest.mark.parametrize("place", ["left", "right"])
@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_logo_leaves_every_word_of_the_letterhead(place, size):
    logo = image("PNG", (300, 90))
    document = styled(replace(samples.document(1), logo=digest(logo)), logo_place=place, logo_size=size)
    found = reader(document, {digest(logo): logo})
    assert len(found.pages[0].images) == 1
    text = found.pages[0].extract_text()
    assert "Atelier Valmont" in text and "69007 Lyon" in text and "04 72 00 00 00" in text


def test_compact_rows_need_fewer_pages():
    comfortable, compact = samples.full(120), styled(samples.full(120), density="compact")
    assert len(reader(compact).pages) < len(reader(comfortable).pages)


def test_a_page_break_starts_a_page_and_never_an_empty_one():
    rows = [samples.line(0), {"kind": "page_break"}, samples.line(1), {"kind": "page_break"}]
    rows = [{"kind": "page_break"}, *rows]
    for position, row in enumerate(rows):
        row["position"] = position
    pages = [page.extract_text() for page in reader(samples.document(rows)).pages]
    assert len(pages) == 2 and "VAL-" in pages[0] and "VAL-" in pages[1]


def test_a_consumer_at_home_gets_the_notice_above_the_signature_and_the_form_on_its_own_page():
    document = samples.document(2, account=CONSUMER, **AT_HOME, tax_mode="TTC")
    pages = [page.extract_text() for page in reader(document).pages]
    squeezed = " ".join(pages[0].split())
    assert "quatorze jours" in squeezed and "sept jours" in squeezed
    assert "Formulaire de rétractation" in pages[-1] and "Atelier Valmont" in pages[-1]
    assert "D26-K7-00042" in pages[-1] and "Bon pour accord" not in pages[-1]


def test_the_outline_leads_to_sections_options_totals_and_terms():
    found = titles(reader(replace(samples.full(20), terms="Article 1\nObjet")))
    assert any(title.startswith("Lot 1") for title in found)
    assert {"Options et variantes", "Totaux", "Conditions générales de vente"} <= set(found)


def test_a_company_s_terms_follow_as_its_own_pages():
    terms = terms_pdf()
    document = replace(samples.document(1), terms_file=digest(terms), terms="never printed twice")
    files = {digest(terms): terms}
    pages = [page.extract_text() for page in reader(document, files).pages]
    assert len(pages) == 2 and "Article 1. Objet" in pages[1]
    assert "never printed twice" not in "".join(pages)
    assert render(document, files) == render(document, files)


def test_terms_that_are_no_pdf_are_refused_with_the_next_step():
    document = replace(samples.document(1), terms_file="x")
    with pytest.raises(Damaged):
        render(document, {"x": b"%PDF-1.4 cut off"})


def test_a_paper_in_both_languages_names_everything_twice_and_writes_amounts_once():
    text = text_of(replace(samples.full(12), language="both"))
    for word in ("Devis / Quote", "Désignation\nDescription", "Total TTC / Total incl. VAT"):
        assert word in text
    assert "21 novembre 2026" in text.replace("\u00a0", " ")


@pytest.mark.parametrize("language", ["fr", "en", "both"])
def test_every_title_of_the_table_stands_clear_of_its_neighbour(language):
    document = replace(
        samples.full(12, discount_type="percent", discount_value=Decimal(3)), language=language
    )
    page = reader(document).pages[0]
    found: list[tuple[float, float, str]] = []

    def visit(text, _matrix, place, _font, _size):
        if text.strip():
            found.append((round(place[5]), place[4], text.strip()))

    page.extract_text(visitor_text=visit)
    level = next(y for y, _x, text in found if text.startswith(("Désignation", "Description")))
    heads = sorted((x, text) for y, x, text in found if y == level)
    assert len(heads) == 7
    for (x, text), (after, _text) in itertools.pairwise(heads):
        assert x + width(text, LABEL) < after, text


def test_without_the_box_nothing_asks_to_be_signed_but_a_certificate_brings_it_back():
    plain = styled(samples.document(1), signature_box=False)
    assert "Bon pour accord" not in text_of(plain)
    home = styled(samples.document(1, account=CONSUMER, **AT_HOME), signature_box=False)
    assert "Bon pour accord" in text_of(home)


def test_the_prices_of_a_list_past_its_last_day_say_so():
    document = replace(samples.document(1), price_list="Tarif B", prices_until="2026-09-30")
    text = text_of(document).replace("\u00a0", " ")
    assert "valable jusqu’au 30 septembre 2026" in text and "Tarif B" in text
    assert "Tarif" not in text_of(samples.document(1))


def test_closing_words_end_the_paper():
    assert "Merci de votre confiance." in text_of(
        styled(samples.document(1), closing_words="Merci de votre confiance.")
    )


def test_a_deposit_is_named_for_what_it_is():
    assert "Acompte à la commande" in text_of(samples.full(3, deposit_value=30))
    assert "Arrhes à la commande" in text_of(samples.full(3, deposit_value=30, deposit_kind="arrhes"))


# The choices


def test_every_choice_has_a_label_and_its_default_is_one_of_its_values():
    default = QuoteStyle()
    assert set(LABELS) == set(QuoteStyle.__dataclass_fields__)
    for name, values in CHOICES.items():
        assert getattr(default, name) in {value for value, _label in values}
    assert default.to_dict() == {}


@given(st.dictionaries(st.sampled_from([*LABELS, "other"]), st.one_of(st.text(), st.booleans(), st.none())))
def test_whatever_is_stored_gives_a_style(stored):
    style = read_style(stored)
    assert read_style(style.to_dict()) == style


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_colour_can_be_read_on_white(colour):
    accent = read_style({"accent": "#{:02x}{:02x}{:02x}".format(*colour)}).accent
    assert contrast_on_white(*(int(accent[at : at + 2], 16) for at in (1, 3, 5))) >= 4.5


def test_what_is_no_style_is_the_default():
    for stored in (None, "x", [], {"accent": "red", "density": "none", "photos": "yes"}):
        assert read_style(stored) == QuoteStyle()


def words_at(document: QuoteDocument) -> list[tuple[float, float, str]]:
    """(x, y, text) of everything on the first page, in points."""
    found: list[tuple[float, float, str]] = []

    def visit(text, _matrix, place, _font, _size):
        if text.strip():
            found.append((place[4], place[5], text.strip()))

    reader(document).pages[0].extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("sku", ["BOB-450", "DSI-600", "I-1", "WWW-0000"])
def test_a_column_made_for_a_reference_holds_it_in_one_line(sku: str):
    assert sku in text_of(samples.document([samples.line(0, sku=sku)])).replace(" ", "")


@pytest.mark.parametrize(
    ("category", "organisation", "why"),
    [
        ("AE", {}, "autoliquidation"),
        ("E", {}, "exonérée"),
        ("E", {"vat_scheme": "franchise"}, "non applicable"),
    ],
)
def test_a_quote_without_vat_says_why_and_shows_no_total_with_vat(category: str, organisation, why: str):
    rows = [samples.line(0, vat_rate=Decimal(0), vat_category=category)]
    text = text_of(samples.document(rows, organisation=organisation, vat_category=category))
    assert f"TVA ({why})" in text and "Net à payer" in text and why.capitalize() in text
    assert "Total TTC" not in text and "0 %" not in text.replace("\u00a0", " ")


def test_options_of_a_quote_without_vat_have_one_total():
    rows = [samples.line(n, vat_rate=Decimal(0), vat_category="AE") for n in range(2)]
    rows[1] |= {"choice_kind": "option", "selected": False}
    text = text_of(samples.document(rows, vat_category="AE"))
    assert "Total des options" in text and "TTC" not in text


def test_an_option_that_bears_vat_says_so_on_a_quote_without_any():
    rows = [samples.line(0, vat_rate=Decimal(0), vat_category="E"), samples.line(1, vat_category="S")]
    rows[1] |= {"choice_kind": "option", "selected": False}
    text = text_of(samples.document(rows, vat_category="E"))
    assert "Total TTC" in text[text.index("Total des options") - 80 :]


def test_a_long_name_of_the_seller_is_printed_whole():
    name = "Atelier Valmont & Associés, menuiserie et agencement de magasins du Rhône et de l’Isère"
    text = text_of(samples.document(1, organisation={"name": name, "legal_footer": "SAS"}))
    assert name in " ".join(text.split())


def test_a_long_name_of_a_charge_is_printed_whole():
    label = "Port, emballage, assurance du transport et livraison à l’étage par monte-charge"
    text = text_of(samples.document(1, charges=[{"label": label, "amount": "149.90", "vat_rate": "20"}]))
    assert set(label.split()) <= set(text.split())


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "À la place de : Lame A"), ("en", "Instead of: Lame A")]
)
def test_an_alternative_says_in_whose_place_it_comes(language: str, said: str):
    group = {"choice_kind": "alternate", "option_group": "A"}
    rows = [
        samples.line(0, **group, selected=True, description="Lame A"),
        samples.line(1, **group, selected=False, description="Lame B"),
        samples.line(2, choice_kind="option", selected=False, description="Pose"),
    ]
    text = text_of(samples.document(rows, account={"language": language}))
    assert text.replace("\u00a0", " ").count(said) == 1


def test_an_alternative_is_known_by_its_reference_where_it_has_no_words():
    group = {"choice_kind": "alternate", "option_group": "A"}
    for sku, said in (("LAM-A", "À la place de : LAM-A"), ("", "")):
        rows = [
            samples.line(0, **group, selected=True, description="", sku=sku),
            samples.line(1, **group, selected=False, description="Lame B"),
        ]
        text = text_of(samples.document(rows)).replace(" ", " ")
        assert said in text and text.count("À la place de") == bool(sku)


def test_who_buys_for_himself_is_not_addressed_twice():
    assert "À l’attention" not in text_of(samples.document(1, account={"name": "Mme Hélène Durand"}))
    assert "À l’attention" in text_of(samples.document(1))


def test_in_both_languages_the_words_to_sign_under_stay_beside_the_code():
    placed = words_at(replace(samples.document(3), language="both"))
    asked = [(x, line) for x, _y, text in placed for line in text.split("\n") if "signature" in line]
    assert asked
    for x, line in asked:
        assert x + width(line, SMALL) <= RIGHT - 52, line


def test_in_both_languages_each_column_says_its_own_words():
    text = text_of(replace(samples.document(3), language="both"))
    assert "P.U. HT\nUnit price excl. VAT" in text


def test_a_deposit_that_the_law_lets_wait_says_so():
    asked = {"deposit_type": "percent", "deposit_value": Decimal(30)}
    assert "Acompte à la commande" in text_of(samples.document(1, **asked))
    assert "Acompte, après 7 jours" in text_of(samples.document(1, account=CONSUMER, **asked, **AT_HOME))


def test_a_long_name_of_the_seller_leaves_the_running_head_its_number():
    name = "Établissements Valmont et Fils " * 6
    document = samples.document(40, organisation={"name": name})
    head = reader(document).pages[1].extract_text().split("\n")[0]
    line, numbered = head.split("…")
    assert numbered.strip() == "Devis D26-K7-00042"
    assert width(f"{line}…", LABEL) < RIGHT - LEFT - width(numbered.strip(), SMALL)


def test_the_address_stands_clear_below_a_name_of_three_lines():
    document = samples.document(1, organisation={"name": "Établissements Valmont et Fils " * 6})
    heights = {}

    def note(text, _cm, matrix, _font, _size):
        heights.setdefault(text.strip(), matrix[5])

    reader(document).pages[0].extract_text(visitor_text=note)
    address = heights["18 rue des Forges"]
    assert min(y for y in heights.values() if y > address) - address >= 9


@pytest.mark.parametrize("kept", ["FR7630006000011234567890189", "FR76 3000 6000 0112 3456 7890 189"])
def test_an_iban_is_printed_in_groups_of_four(kept):
    assert "IBAN FR76 3000 6000 0112 3456 7890 189" in text_of(
        samples.document(1, organisation={"iban": kept})
    )


def test_the_file_says_the_day_that_the_paper_bears():
    file = reader(samples.document(1))
    assert file.metadata.creation_date.date().isoformat() == "2026-11-21"
    assert file.xmp_metadata.xmp_create_date.date().isoformat() == "2026-11-21"
    assert reader(samples.document(1, issued_on=None)).metadata.creation_date is not None


def test_a_line_break_where_one_line_belongs_is_drawn_as_nothing() -> None:
    assert width("one\nline", LABEL) == width("oneline", LABEL)
