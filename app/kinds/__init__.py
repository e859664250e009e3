"""The kinds of field by name: how each reads what people type, doubts it, shows it and stores it.

Every kind of `KINDS` has a declaring function in `app.entity` and an editor on the screen.
"""

from __future__ import annotations

from app.kinds.identifiers import Iban, Siren, Siret, VatNumber
from app.kinds.kind import Kind, Storage, clean
from app.kinds.numbers import Duration, Integer, Money, Percentage, Scaled
from app.kinds.reach import Country, Email, Phone, Postcode, Web
from app.kinds.structures import Coordinates, Json
from app.kinds.times import Date, Timestamp
from app.kinds.words import Choice, Choices, Link, LongText, Text, WordList, YesNo

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Text("text"),
        LongText("long_text"),
        Email("email"),
        Phone("phone"),
        Web("web"),
        Postcode("postcode"),
        Country("country"),
        Siren("siren"),
        Siret("siret"),
        VatNumber("vat_number"),
        Iban("iban"),
        Date("date"),
        Timestamp("timestamp"),
        Duration("duration"),
        Integer("integer"),
        Scaled("decimal"),
        Money("money"),
        Percentage("percentage"),
        YesNo("yes_no"),
        Choice("choice"),
        Choices("choices"),
        WordList("tags"),
        Link("link"),
        Coordinates("coordinates"),
        Json("json"),
    )
}

__all__ = ["KINDS", "Kind", "Storage", "clean"]
