"""Every kind of field: what it understands, what it refuses, what it doubts, and what it shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from app import entity, formats, i18n
from app.fields import Field
from app.kinds import KINDS

CHOICES = (("yes_sir", "Yes"), ("no_sir", "No"), ("other", "{n} h ago"))


@pytest.fixture(autouse=True)
def paris() -> Iterator[None]:
    formats.set_zone("Europe/Paris")
    yield
    formats.set_zone(None)


def field(kind: str, scale: int = 2) -> Field:
    return Field("x", kind, "X", choices=CHOICES if kind.startswith("choice") else (), scale=scale)


def parse(kind: str, value: object, scale: int = 2) -> object:
    return KINDS[kind].parse(value, field(kind, scale))


def refusal(kind: str, value: object) -> str:
    with pytest.raises(ValueError) as refused:
        parse(kind, value)
    return str(refused.value)


def display(kind: str, value: object, language: str = "fr", scale: int = 2) -> str:
    return KINDS[kind].display(value, field(kind, scale), language)


def warning(kind: str, value: object) -> str | None:
    return KINDS[kind].warning(value, field(kind))


UNDERSTOOD = [
    ("text", "  Dupont\x00 \n SARL ", "Dupont   SARL"),
    ("text", "e\u0301tage", "étage"),
    ("text", 75001.0, "75001"),
    ("long_text", "un\r\ndeux\rtrois ", "un\ndeux\ntrois"),
    ("email", "Jean Dupont <Jean@Example.COM>", "Jean@example.com"),
    ("email", "mailto:a@example.fr", "a@example.fr"),
    ("phone", "06 12 34 56 78", "+33612345678"),
    ("phone", "06.12.34.56.78", "+33612345678"),
    ("phone", "0033 6 12 34 56 78", "+33612345678"),
    ("phone", "+33 (0)6 12 34 56 78", "+33612345678"),
    ("phone", 612345678, "+33612345678"),
    ("phone", "0692 12 34 56", "+262692123456"),
    ("phone", "0590 27 12 34", "+590590271234"),
    ("phone", "0639 69 12 34", "+262639691234"),
    ("phone", "06 39 98 14 35", "+33639981435"),
    ("phone", "0639 12 34 56", "+262639123456"),
    ("phone", "0694 20 12 34", "+594694201234"),
    ("phone", "+41 44 668 18 00", "+41446681800"),
    ("phone", "3949", "3949"),
    ("web", "www.Example.fr/", "https://www.example.fr"),
    ("web", "http://example.fr/a?b=C", "http://example.fr/a?b=C"),
    ("postcode", " 75 001 ", "75001"),
    ("postcode", "F-20000", "20000"),
    ("postcode", 1000, "1000"),
    ("postcode", "sw1a 1aa", "SW1A 1AA"),
    ("country", "france", "FR"),
    ("country", "Belgique", "BE"),
    ("country", "germany", "DE"),
    ("country", "uk", "GB"),
    ("siren", "404 833 048", "404833048"),
    ("siret", "775.563.232.00104", "77556323200104"),
    ("siret", 73282932000074.0, "73282932000074"),
    ("vat_number", "Fr 40 303 265 045", "FR40303265045"),
    ("vat_number", "23334175221", "FR23334175221"),
    ("vat_number", "BE (0)468.561.072", "BE0468561072"),
    ("iban", "fr14 2004 1010 0505 0001 3m02 606", "FR1420041010050500013M02606"),
    ("date", "2026-11-21", date(2026, 11, 21)),
    ("date", "21/11/2026", date(2026, 11, 21)),
    ("date", "21.11.26", date(2026, 11, 21)),
    ("date", "21 nov. 2026", date(2026, 11, 21)),
    ("date", "1er décembre 2026", date(2026, 12, 1)),
    ("date", "2026-11-21T00:00:00", date(2026, 11, 21)),
    ("date", datetime(2026, 11, 21, 23, 30, tzinfo=UTC), date(2026, 11, 22)),
    ("timestamp", "2026-11-21T13:05:00.123456Z", datetime(2026, 11, 21, 13, 5, 0, 123000, UTC)),
    ("timestamp", "21/11/2026 14:05", datetime(2026, 11, 21, 13, 5, tzinfo=UTC)),
    ("timestamp", "21 nov. 2026 à 14h", datetime(2026, 11, 21, 13, 0, tzinfo=UTC)),
    ("timestamp", "21/07/2026", datetime(2026, 7, 20, 22, 0, tzinfo=UTC)),
    ("duration", "1h30", 90),
    ("duration", "1 h 30 min", 90),
    ("duration", "45 min", 45),
    ("duration", "90", 90),
    ("duration", "1:05", 65),
    ("duration", "1,5 h", 90),
    ("duration", 30.0, 30),
    ("integer", "1 250", 1250),
    ("integer", 12.0, 12),
    ("decimal", "1 250,5", Decimal("1250.5")),
    ("decimal", 0.1, Decimal("0.1")),
    ("money", "1\u202f250,50\u00a0€", Decimal("1250.50")),
    ("money", "0,125", Decimal("0.13")),
    ("percentage", "5,5 %", Decimal("5.5")),
    ("yes_no", "Oui", True),
    ("yes_no", "no", False),
    ("yes_no", "FAUX", False),
    ("yes_no", 1, True),
    ("choice", "yes_sir", "yes_sir"),
    ("choice", "OUI", "yes_sir"),
    ("choice", "no", "no_sir"),
    ("choices", "oui; no_sir", ["yes_sir", "no_sir"]),
    ("choices", ["yes_sir", "yes_sir"], ["yes_sir"]),
    ("tags", "a; b, c", ["a", "b, c"]),
    ("tags", "a, b ,a,", ["a", "b"]),
    ("tags", '["x", "y"]', ["x", "y"]),
    ("link", " 0192f ", "0192f"),
    ("coordinates", "48.8566, 2.3522", (48.8566, 2.3522)),
    ("coordinates", "48,8566 ; 2,3522", (48.8566, 2.3522)),
    ("coordinates", {"lat": 48.8566, "lon": "2.3522"}, (48.8566, 2.3522)),
    ("json", '{"b": 1, "a": [true, null]}', {"a": [True, None], "b": 1}),
    ("json", {"é": "x"}, {"é": "x"}),
    ("json", "fr", "fr"),
]


@pytest.mark.parametrize(("kind", "typed", "value"), UNDERSTOOD)
def test_a_value_is_understood_kept_and_given_back(kind: str, typed: object, value: object) -> None:
    parsed = parse(kind, typed)
    assert parsed == value and type(parsed) is type(value)
    assert parse(kind, parsed) == parsed
    stored = KINDS[kind].to_stored(parsed, field(kind))
    assert isinstance(stored, int if KINDS[kind].storage == "integer" else str)
    assert KINDS[kind].from_stored(stored, field(kind)) == parsed
    assert parse(kind, KINDS[kind].to_json(parsed, field(kind))) == parsed
    json.dumps(KINDS[kind].to_json(parsed, field(kind)))


REFUSED = [
    ("text", {"a": 1}),
    ("email", "jean"),
    ("email", "jean@localhost"),
    ("email", "jean@serveur.local"),
    ("phone", "abc"),
    ("phone", "01 23"),
    ("phone", "06 12 34 56 78 / 06 98 76 54 32"),
    ("web", "pas une adresse"),
    ("web", "ftp://example.fr"),
    ("postcode", "75001 Paris"),
    ("postcode", "Paris"),
    ("country", "Atlantide"),
    ("siren", "40483304"),
    ("siret", "4048330480002A"),
    ("vat_number", "FR 404833048"),
    ("vat_number", "FRO1404833048"),
    ("vat_number", "DE12345"),
    ("iban", "FR14 2004"),
    ("iban", "bonjour"),
    ("date", "31/02/2026"),
    ("date", "demain"),
    ("timestamp", "21/11/2026 25:00"),
    ("timestamp", 12),
    ("duration", "longtemps"),
    ("duration", -5),
    ("integer", "12,5"),
    ("integer", "9223372036854775808"),
    ("decimal", "douze"),
    ("decimal", float("nan")),
    ("money", "1e30"),
    ("percentage", True),
    ("yes_no", "peut-être"),
    ("choice", "maybe"),
    ("choices", "oui; maybe"),
    ("tags", 12),
    ("link", "two words"),
    ("coordinates", "91, 0"),
    ("coordinates", "48.85"),
    ("json", "{oops"),
    ("json", {"a": {1, 2}}),
    ("json", {"a": float("inf")}),
]


@pytest.mark.parametrize(("kind", "typed"), REFUSED)
def test_an_impossible_value_is_refused_in_one_sentence_of_each_language(kind: str, typed: object) -> None:
    french = refusal(kind, typed)
    i18n.set_language("en")
    english = refusal(kind, typed)
    assert french.endswith(".") and english.endswith(".") and french != english
    assert "\n" not in french


@pytest.mark.parametrize("kind", list(KINDS))
def test_blank_is_none_for_every_kind_and_shows_as_nothing(kind: str) -> None:
    for blank in (None, "", "  ", "\x00"):
        assert parse(kind, blank) is None
    assert display(kind, None) == ""
    assert warning(kind, None) is None
    assert KINDS[kind].to_stored(None, field(kind)) is None
    assert KINDS[kind].from_stored(None, field(kind)) is None
    assert KINDS[kind].to_json(None, field(kind)) is None


def test_a_short_siret_says_how_many_digits_were_entered() -> None:
    assert refusal("siret", "7328293200007") == "Indiquez un SIRET à 14 chiffres (13 saisis)."
    i18n.set_language("en")
    assert refusal("siret", "7328293200007") == "Enter a 14-digit SIRET (13 entered)."


SHOWN = [
    ("money", Decimal("1234.5"), "1\u202f234,50\u00a0€", "€1,234.50"),
    ("percentage", Decimal("5.50"), "5,5\u00a0%", "5.5\u00a0%"),
    ("decimal", Decimal("1234.50"), "1\u202f234,5", "1,234.5"),
    ("integer", 1234567, "1\u202f234\u202f567", "1,234,567"),
    ("phone", "+33612345678", "06 12 34 56 78", "06 12 34 56 78"),
    ("phone", "+262692123456", "0692 12 34 56", "0692 12 34 56"),
    ("phone", "+41446681800", "+41 44 668 18 00", "+41 44 668 18 00"),
    ("siret", "73282932000074", "732 829 320 00074", "732 829 320 00074"),
    ("siren", "404833048", "404 833 048", "404 833 048"),
    ("vat_number", "FR83404833048", "FR 83 404 833 048", "FR 83 404 833 048"),
    ("iban", "FR1420041010050500013M02606", "FR14 2004 1010 0505 0001 3M02 606", None),
    ("date", date(2026, 11, 21), "21 nov. 2026", "21 Nov 2026"),
    ("timestamp", datetime(2026, 11, 21, 13, 5, tzinfo=UTC), "21 nov. 2026, 14:05", "21 Nov 2026, 14:05"),
    ("duration", 90, "1\u00a0h\u00a030", "1\u00a0h\u00a030\u00a0min"),
    ("yes_no", True, "Oui", "Yes"),
    ("yes_no", False, "Non", "No"),
    ("choice", "yes_sir", "Oui", "Yes"),
    ("choice", "from_a_newer_peer", "from_a_newer_peer", "from_a_newer_peer"),
    ("choices", ["yes_sir", "no_sir"], "Oui; Non", "Yes; No"),
    ("tags", ["inox", "2026"], "inox; 2026", "inox; 2026"),
    ("country", "FR", "France", "France"),
    ("country", "DE", "Allemagne", "Germany"),
    ("web", "https://www.example.fr", "www.example.fr", "www.example.fr"),
    ("coordinates", (48.8566, 2.0), "48.8566, 2", "48.8566, 2"),
]


@pytest.mark.parametrize(("kind", "value", "french", "english"), SHOWN)
def test_a_value_reads_as_its_language_writes_it(
    kind: str, value: object, french: str, english: str | None
) -> None:
    assert display(kind, value, "fr") == french
    assert display(kind, value, "en") == (english or french)


def test_a_unit_price_shows_the_decimals_that_it_needs() -> None:
    price = parse("money", "33,335", scale=6)
    assert display("money", price, scale=6) == "33,335\u00a0€"
    assert KINDS["money"].to_json(price, field("money", 6)) == "33.335"
    assert display("money", Decimal("12.500000"), scale=6) == "12,50\u00a0€"
    assert KINDS["money"].to_json(Decimal("12.5"), field("money")) == "12.50"


DOUBTED = [
    ("siren", "404833049", "La clé de contrôle de ce SIREN est fausse."),
    ("siret", "73282932000075", "La clé de contrôle de ce SIRET est fausse."),
    ("vat_number", "FR84404833048", "La clé de ce numéro de TVA est fausse."),
    ("vat_number", "CHE123456788", "Ce numéro de TVA n’est pas de l’Union européenne"),
    ("vat_number", "FR83404833048", "La clé est juste"),
    ("iban", "FR1520041010050500013M02606", "La clé de contrôle de cet IBAN est fausse."),
    ("phone", "+33000000000", "Ce numéro n’existe dans aucun plan"),
    ("postcode", "00123", "Aucun département français ne commence par 00."),
    ("postcode", "97900", "Aucun département français ne commence par 97."),
    ("postcode", "1000", "Ce code postal compte 4 chiffres"),
    ("percentage", Decimal(120), "Ce pourcentage n’est pas compris"),
    ("date", date(2206, 11, 21), "L’année 2206 semble mal saisie."),
    ("coordinates", (0.0, 0.0), "Ce point se trouve dans l’océan"),
]


@pytest.mark.parametrize(("kind", "value", "doubt"), DOUBTED)
def test_a_doubtful_value_is_kept_with_a_warning(kind: str, value: object, doubt: str) -> None:
    assert parse(kind, value) == value
    assert (warning(kind, value) or "").startswith(doubt)


@pytest.mark.parametrize(
    "postcode", ["01000", "20000", "75001", "95880", "97110", "97600", "98000", "L-1234"]
)
def test_a_plausible_postcode_raises_no_doubt(postcode: str) -> None:
    assert warning("postcode", postcode) is None


@pytest.fixture(scope="module")
def samples(real_data: Path) -> dict[str, dict[str, list[str]]]:
    loaded = json.loads((real_data / "ids" / "stdnum_samples.json").read_text(encoding="utf-8"))
    return {name: group for name, group in loaded.items() if isinstance(group, dict)}


@pytest.mark.parametrize("kind", ["siren", "siret"])
def test_real_company_numbers_are_understood_without_doubt(
    kind: str, samples: dict[str, dict[str, list[str]]]
) -> None:
    for number in samples[f"fr_{kind}"]["valid"]:
        parsed = parse(kind, number)
        assert warning(kind, parsed) is None, number
        assert parse(kind, display(kind, parsed)) == parsed


def test_real_vat_numbers_have_the_right_key(samples: dict[str, dict[str, list[str]]]) -> None:
    groups = [name for name in samples if name.startswith("eu_vat_") or name == "fr_tva"]
    assert groups
    for name in groups:
        for number in samples[name]["valid"]:
            parsed = parse("vat_number", number)
            assert (warning("vat_number", parsed) or "").startswith("La clé est juste"), number
            assert parse("vat_number", display("vat_number", parsed)) == parsed


def test_wrong_vat_numbers_are_refused_or_doubted(samples: dict[str, dict[str, list[str]]]) -> None:
    for name, group in samples.items():
        if not name.startswith("eu_vat_"):
            continue
        for number in group["rejected_by_stdnum"]:
            try:
                parsed = parse("vat_number", number)
            except ValueError:
                continue
            assert warning("vat_number", parsed) == "La clé de ce numéro de TVA est fausse.", number


def test_every_kind_can_be_declared() -> None:
    assert [kind for kind in KINDS if not callable(getattr(entity, kind, None))] == []


def test_the_heavy_libraries_wait_until_they_are_needed() -> None:
    heavy = "phonenumbers", "babel", "email_validator", "stdnum", "sqlalchemy"
    program = f"import sys, app.kinds; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_number_of_films_is_written_as_people_write_it():
    phone = Field("phone", "phone", "Phone")
    assert KINDS["phone"].display("+33639981435", phone) == "06 39 98 14 35"
