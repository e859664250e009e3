"""Units of sale by their UN/ECE codes (recommendation 20 and 21), as lists and papers name them."""

from __future__ import annotations

# An unknown code is shown as it is.
_NAMES = {
    "C62": ("u", "pc"),
    "H87": ("pce", "pc"),
    "EA": ("u", "ea"),
    "PR": ("paire", "pair"),
    "SET": ("lot", "set"),
    "PK": ("paquet", "pack"),
    "BX": ("boîte", "box"),
    "XBX": ("boîte", "box"),
    "CT": ("carton", "carton"),
    "XCT": ("carton", "carton"),
    "XPX": ("palette", "pallet"),
    "RO": ("rouleau", "roll"),
    "BO": ("flacon", "bottle"),
    "CA": ("bidon", "can"),
    "LS": ("forfait", "lump sum"),
    "E48": ("prestation", "service"),
    "MIN": ("min", "min"),
    "HUR": ("h", "h"),
    "DAY": ("j", "d"),
    "WEE": ("sem.", "wk"),
    "MON": ("mois", "mo"),
    "ANN": ("an", "yr"),
    "MTR": ("m", "m"),
    "LM": ("ml", "lm"),
    "MTK": ("m²", "m²"),
    "MTQ": ("m³", "m³"),
    "KMT": ("km", "km"),
    "GRM": ("g", "g"),
    "KGM": ("kg", "kg"),
    "TNE": ("t", "t"),
    "MLT": ("mL", "mL"),
    "LTR": ("L", "L"),
    "KWH": ("kWh", "kWh"),
}


def short_name(code: str, language: str) -> str:
    """The unit's short name in French or English."""
    return _NAMES.get(code, (code, code))[0 if language == "fr" else 1]


def code_of(name: str) -> str:
    """The code of a unit that somebody named, « m² » or « Kg »; empty where it is none that we know."""
    sought = name.strip(" .").casefold()
    if sought.upper() in _NAMES:
        return sought.upper()
    return next(
        (code for code, names in _NAMES.items() if sought in (one.strip(".").casefold() for one in names)), ""
    )
