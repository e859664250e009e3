"""Rows of a spreadsheet become lines: which column is which, and what is refused instead of guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import records
from app.quotes import charging, editing, pasting
from app.quotes.sheet import Sheet
from tests.shop import Shop

D = Decimal


def paste(shop: Shop, sheet: Sheet, text: str) -> Sheet:
    rows = pasting.read_rows(text)
    with shop.workspace.read() as session:
        known = pasting.find_suggestions(session, rows, sheet.quote["account"], sheet.quote["price_list"])
    return pasting.add_rows(sheet, rows, known)


def test_rows_of_a_spreadsheet_become_lines(shop: Shop) -> None:
    after = paste(shop, shop.sheet(), "DSI-600\t6\t80,00\t5 %\nPose le soir\t2\t150,00\t\n")
    assert [
        (line["sku"], line["quantity"], line["unit_price"], line["discount_percent"]) for line in after.lines
    ] == [
        ("DSI-600", D(6), D(80), D(5)),
        (None, D(2), D(150), None),
    ]
    assert editing.totals(after).total.ht == D("756.00")


def test_headings_say_which_column_is_which(shop: Shop) -> None:
    text = "Qté\tDésignation\tRéf.\tRemise\n3\tBobine\tBOB-450\t10\n1\tPose\tXX-9\t\n"
    after = paste(shop, shop.sheet(), text)
    assert [(line["sku"], line["description"]) for line in after.lines] == [
        ("BOB-450", "Bobine ouate 450 f. (lot de 6)"),
        ("XX-9", "Pose"),
    ]
    assert (after.lines[0]["quantity"], after.lines[0]["discount_percent"]) == (D(3), D(10))


@pytest.mark.parametrize(
    "headings",
    [
        "Réf.\tDésignation\tUnité\tQté\tP.U. HT\tRemise\tTotal HT",
        "\ufeffSKU\tLabel\tUnit\tQty\tUnit price\tDiscount\tTotal",
    ],
)
def test_the_headings_of_a_quote_are_understood(shop: Shop, headings: str) -> None:
    row = "X-1\tBâche\tm²\t2,5\t1\u202f234,56\u00a0€\t5 %\t2\u202f932,08\u00a0€"
    (line,) = paste(shop, shop.sheet(), f"{headings}\n{row}").lines
    assert (line["sku"], line["description"], line["unit"]) == ("X-1", "Bâche", "MTK")
    assert (line["quantity"], line["unit_price"], line["discount_percent"]) == (D("2.5"), D("1234.56"), D(5))


def test_a_thousand_rows_of_a_spreadsheet_are_pasted_as_they_are(shop: Shop) -> None:
    rows = [
        f"DSI-600\tDistributeur\t{n % 7},5\t1\u202f234,5{n % 10}\u00a0€\t{n % 10} %"
        if n % 2
        else f"X-{n}\tPièce n° {n}\t-{n % 5}\t12,50\u00a0€\t"
        for n in range(1000)
    ]
    sheet = paste(
        shop, shop.sheet(), "Réf\tDésignation\tQuantité\tPrix unitaire HT\tRemise\n" + "\n".join(rows)
    )
    assert len(sheet.lines) == 1000
    assert [line["quantity"] for line in sheet.lines[:4]] == [D(0), D("1.5"), D(-2), D("3.5")]
    expected = sum(
        (D(f"{n % 7}.5") * D(f"1234.5{n % 10}") * (100 - n % 10) / 100 if n % 2 else -(n % 5) * D("12.5"))
        for n in range(1000)
    )
    assert abs(editing.totals(sheet).total.ht - expected) < 5, "cents are rounded line by line"


def test_a_price_before_the_quantity_is_known_by_its_cents(shop: Shop) -> None:
    (row,) = pasting.read_rows("Pose\t150,00\t2")
    assert (row.label, row.quantity, row.price) == ("Pose", D(2), D(150))


@pytest.mark.parametrize("heading", ["Unit", "Unit cost", "Unit HT", "Unité", "Prix unitaire"])
def test_what_one_costs_is_the_price_however_its_column_is_headed(heading: str) -> None:
    (row,) = pasting.read_rows(f"Description\tQty\t{heading}\tTotal\nX\t2\t15,00\t30,00")
    assert (row.label, row.quantity, row.price, row.unit) == ("X", D(2), D(15), "")


def test_a_column_of_units_beside_the_price_stays_one() -> None:
    (row,) = pasting.read_rows("Description\tQty\tUnit\tUnit price\nX\t2\tm²\t15,00")
    assert (row.price, row.unit) == (D(15), "MTK")
    (row,) = pasting.read_rows("Description\tQty\tUnit\nX\t2\tm²")
    assert (row.price, row.unit) == (None, "MTK")


def test_a_row_that_cannot_be_priced_is_named(shop: Shop) -> None:
    with pytest.raises(ValueError, match="2"):
        paste(shop, shop.sheet(), "Pose\t1\t10,00\t5 %\nDépose\t1\t10,00\t120 %")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Pose\tune\t10", "une"),
        ("Pose\t12abc\t10", "12abc"),
        ("Pose\t1\tn.c.", "n.c."),
        ("Pose\t1\t10\tselon", "selon"),
    ],
)
def test_a_figure_that_cannot_be_read_is_refused_and_not_guessed(row: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"3.*{said}"):
        pasting.read_rows(f"Désignation\tQté\tPU\tRemise\nDépose\t1\t10\n{row}")


def test_a_refused_row_is_numbered_as_in_the_range_that_was_copied() -> None:
    headed = "Désignation\tQté\tPU\n\n\t\t\nDépose\t1\t10\n\nPose\tune\t10"
    with pytest.raises(ValueError, match=r"^Ligne 6 du collage"):
        pasting.read_rows(headed)


def test_a_row_whose_line_is_refused_is_numbered_so_too_past_headings_and_sums(shop: Shop) -> None:
    text = "Désignation\tQté\tPU\tRemise\nPose\t1\t10\t\nTotal HT\t\t10\t\n\nDépose\t1\t10\t120 %"
    with pytest.raises(ValueError, match=r"^Ligne 5 du collage"):
        paste(shop, shop.sheet(), text)


def test_a_sum_whose_figure_cannot_be_read_stops_no_paste() -> None:
    rows = pasting.read_rows("Désignation\tQté\tPU\nPose\t1\t10\nTotal HT\t\tenviron 10")
    assert [(row.name, row.is_sum) for row in rows] == [("Pose", False), ("Total HT", True)]


def test_figures_keep_their_sense_with_a_unit_beside_them() -> None:
    text = "Désignation\tQté\tPU\nCâble\t12,5 m\t4,20 € / m\nRéglage\t3 h\t-\nVis\t12 pcs.\t\n"
    found = [(row.quantity, row.unit, row.price) for row in pasting.read_rows(text)]
    assert found == [(D("12.5"), "MTR", D("4.20")), (D(3), "HUR", None), (D(12), "C62", None)]


def test_words_alone_are_a_comment_and_sums_are_left_out(shop: Shop) -> None:
    text = (
        "Réf\tDésignation\tQté\tPU HT\tTotal HT\n\tLot 1 : accueil\t\t\t\nDSI-600\tDistributeur\t2\t80\t160\n"
        "\tSous-total\t\t\t160\n\tTotal HT\t\t160\t160\n\tTVA 20 %\t\t\t32\nTOTAL-9\tTotal Quartz 5W30\t1\t30\t30\n"
    )
    after = paste(shop, shop.sheet(), text)
    assert [(line["kind"], line["description"]) for line in after.lines] == [
        ("text", "Lot 1 : accueil"),
        ("item", "Distributeur savon inox 600 ml"),
        ("item", "Total Quartz 5W30"),
    ]
    assert editing.totals(after).total.ht == D("190.00")


def test_a_column_of_vat_rates_is_taken_over_and_one_of_amounts_is_not(shop: Shop) -> None:
    text = "Désignation\tQté\tPU\tTVA\nLivre\t1\t10\t5,5 %\nPose\t1\t10\t20"
    after = paste(shop, shop.sheet(), text)
    assert [line["vat_rate"] for line in after.lines] == [D("5.5"), D(20)]
    reverse = charging.set_vat_treatment(shop.sheet(), "AE")
    assert {line["vat_rate"] for line in paste(shop, reverse, text).lines} == {D(0)}
    amounts = paste(shop, shop.sheet(), text.replace("5,5 %", "0,55").replace("\t20", "\t2,00"))
    assert {line["vat_rate"] for line in amounts.lines} == {D(20)}


def test_a_pasted_price_stands_where_the_list_would_ask_the_same_with_vat(shop: Shop) -> None:
    with shop.workspace.transaction() as session:
        (tarif,) = records.find_rows(session, "price_list", {"name": "Tarif B"})
        records.save(session, "price_list", tarif["id"], {"tax_mode": "TTC"})
    abroad = charging.set_vat_treatment(shop.sheet(), "G")
    (line,) = paste(shop, abroad, "FOR-01\tPose\t1\t180,00").lines
    assert line["unit_price"] == D(180), "150.00 without VAT is what the list asks, 180.00 what was typed"


def test_work_whose_name_begins_like_a_sum_is_none() -> None:
    (row,) = pasting.read_rows("Désignation\tQté\tPU\nTotalisateur d'eau\t\t90,00")
    assert (row.label, row.price) == ("Totalisateur d'eau", D(90))


def test_a_cell_of_several_lines_is_one_row(shop: Shop) -> None:
    (line,) = paste(shop, shop.sheet(), '"Pose\nsur deux jours"\t2\t10,00\n').lines
    assert (line["description"], line["quantity"]) == ("Pose sur deux jours", D(2))


def test_a_lone_quote_sign_is_an_inch(shop: Shop) -> None:
    (first, second) = paste(shop, shop.sheet(), '"Tuyau 5\t2\t10,00\nTuyau 3/4"\t1\t8,00').lines
    assert (first["description"], second["description"]) == ('"Tuyau 5', 'Tuyau 3/4"')


@pytest.mark.parametrize(
    "text",
    ["", "\n \t\n", "1\t2\t3", "Désignation\tQté\tPU\nTotal HT\t\t10", "x\n" * (pasting.MOST_ROWS + 1)],
)
def test_what_cannot_be_pasted_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        pasting.read_rows(text)
