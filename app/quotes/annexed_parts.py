"""What the pages of a foreign PDF draw with, reduced to what is seen: fonts, pictures, colours, layers.

A page's resources may lead anywhere: to files, other documents, even the catalogue. So nothing is kept because it is
not known to act: each dictionary keeps the keys by which it is drawn (ISO 32000-1, 7.4, 7.10, 8 and 9).
"""

from __future__ import annotations

from typing import Any

from app.i18n import translate as _


def _keys(words: str) -> frozenset[str]:
    return frozenset(f"/{word}" for word in words.split())


_DRAWN = _keys(
    # any object, any stream, what packs it
    "Type Subtype Name Length Filter DecodeParms Predictor Colors BitsPerComponent Columns EarlyChange K EndOfLine"
    " EncodedByteAlign Rows EndOfBlock BlackIs1 DamagedRowsBeforeError JBIG2Globals ColorTransform"
    # pictures, forms and groups
    " Width Height ColorSpace Intent ImageMask Mask Decode Interpolate SMask SMaskInData Matte OC FormType BBox Matrix"
    " Resources Group S CS I G BC"
    # how it is painted
    " LW LC LJ ML D RI OP op OPM Font TR TR2 FL SM SA BM CA ca AIS TK"
    # functions, shadings, patterns
    " FunctionType Domain Range Size BitsPerSample Order Encode C0 C1 N Functions Bounds Function ShadingType Shading"
    " Background AntiAlias Coords Extend BitsPerCoordinate BitsPerFlag VerticesPerRow PatternType PaintType TilingType"
    " XStep YStep ExtGState"
    # colours
    " Alternate WhitePoint BlackPoint Gamma Colorants Process Components"
    # letters
    " BaseFont FirstChar LastChar Widths FontDescriptor Encoding ToUnicode FontBBox FontMatrix CharProcs"
    " DescendantFonts CIDSystemInfo DW W DW2 W2 CIDToGIDMap Registry Ordering Supplement BaseEncoding Differences"
    " FontName FontFamily FontStretch FontWeight Flags ItalicAngle Ascent Descent Leading CapHeight XHeight StemV"
    " StemH AvgWidth MaxWidth MissingWidth FontFile FontFile2 FontFile3 CharSet Style Panose CIDSet Length1"
    " Length2 Length3 CMapName WMode UseCMap"
    # layers
    " OCGs P VE D BaseState ON OFF"
)
_OF_NAMES = _keys("CharProcs Colorants")
"""Whose keys are names of the file's own."""
_LEADING_AWAY = _keys("AF Ref OPI Alternates")
"""What opens a file, or shows another picture than the one that is seen."""
_CATEGORIES = _keys("Font XObject ExtGState ColorSpace Pattern Shading Properties")
"""The named resources of a page, a form, a pattern or a drawn font."""


class Refused(ValueError):
    """A PDF that no paper can carry, in one sentence."""


def reduce(pdf: Any) -> bool:
    """Take from what the pages draw with whatever is not seen; whether something of it led away from them.

    Raises Refused for a part that is a printer's program, or whose content lies in another file.
    """
    import pikepdf

    left = [(pdf.Root.get("/OCProperties"), "drawn")]
    for page in pdf.pages:
        parts = ((key, value) for key, value in page.obj.items() if key != "/Parent")
        left += [(value, _role("drawn", key)) for key, value in parts]
    led_away, seen = False, set()
    while left:
        part, role = left.pop()
        if isinstance(part, pikepdf.Array):
            left += [(each, "drawn") for each in part]
        if not isinstance(part, pikepdf.Dictionary | pikepdf.Stream) or (part.objgen, role) in seen:
            continue
        if part.is_indirect:
            seen.add((part.objgen, role))
        if isinstance(part, pikepdf.Stream):
            _check_stream(part)
        led_away |= _strip(part, role)
        left += [(value, _role(role, key)) for key, value in part.items()]
    return led_away


def _strip(part: Any, role: str) -> bool:
    """Take the keys away by which nothing is drawn; whether one of them led elsewhere."""
    if role == "names":
        return False
    gone = set(part.keys()) - (_CATEGORIES if role == "resources" else _DRAWN)
    for key in gone:
        del part[key]
    return bool(gone - _keys("ProcSet") if role == "resources" else gone & _LEADING_AWAY)


def _role(role: str, key: str) -> str:
    """What the value of this key is, in a part of that role."""
    if role == "resources" or (role == "drawn" and key in _OF_NAMES):
        return "names"
    return "resources" if role == "drawn" and key == "/Resources" else "drawn"


def _check_stream(part: Any) -> None:
    if "/F" in part or part.get("/Subtype") == "/PS":
        raise Refused(
            _("Part of this PDF is a program, or lies in another file. Print it to a PDF, then choose that.")
        )
