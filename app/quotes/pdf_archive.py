"""A canvas whose files are PDF/A-3b: what they look like is in them, colours and fonts included.

ReportLab embeds the fonts but says neither what its colours mean nor that the file is for the archive:
https://pdfa.org/resource/iso-19005-pdfa/. A test holds the files against pikepdf's checker.
"""

from __future__ import annotations

import io
from datetime import date
from functools import cache, lru_cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

import resources
from app.errors import Damaged
from app.i18n import translate as _
from app.quotes.annexed import Annexed, carry_layers, plain_pages
from app.quotes.pdf_type import REGULAR

_NO_DAY = date(2000, 1, 1)
"""That of ReportLab's files which are to be the same each time, where a paper has none of its own."""
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<xmp:CreatorTool>Terrain</xmp:CreatorTool><pdf:Producer>{producer}</pdf:Producer>
<xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def make_canvas(
    file: io.BytesIO,
    size: tuple[float, float],
    title: str,
    author: str,
    subject: str,
    language: str,
    day: date | None = None,
) -> Canvas:
    """A canvas on `file` that names what it is: title, author, language, and the day that the paper bears."""
    canvas = Canvas(
        file, pagesize=size, invariant=1, pageCompression=1, initialFontName=REGULAR, lang=language
    )
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.setSubject(subject)
    canvas.setCreator("Terrain")
    canvas.setProducer("Terrain")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    _declare(canvas, title, author, subject, day or _NO_DAY)
    return canvas


def append_pages(content: bytes, other: bytes) -> bytes:
    """The file with the pages of another after its own; of the archive's kind where the other allows it.

    Of the other its pages alone, whatever else hangs on them. Raises Damaged for a file that is no readable PDF.
    """
    plain = _annexed(other).content
    return join(content, plain, claim=_is_archive(plain))


@lru_cache(maxsize=4)
def _is_archive(other: bytes) -> bool:
    """Whether pages of this file keep the archive's rules: pages of another hand may lack their fonts."""
    from pikepdf import pdfa

    blank = io.BytesIO()
    canvas = make_canvas(blank, (72, 72), "", "", "", "fr-FR")
    canvas.save()
    joined = join(blank.getvalue(), other, claim=True)
    return bool(pdfa.validate_written(io.BytesIO(joined), "3b").passed)


def count_pages(terms: bytes) -> int:
    """How many pages a company's terms add to a quote. Raises Damaged as `append_pages`."""
    return _annexed(terms).pages


def _annexed(terms: bytes) -> Annexed:
    try:
        return plain_pages(terms)
    except ValueError as problem:
        raise Damaged(
            _("The terms of sale are no readable PDF. Ask your office for another file.")
        ) from problem


def join(content: bytes, other: bytes, claim: bool) -> bytes:
    """The pages of two files in one; without `claim` it no longer says to be for the archive."""
    import pikepdf

    result = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf, pikepdf.open(io.BytesIO(other)) as more:
        pdf.pages.extend(more.pages)
        carry_layers(more, pdf)
        if not claim:
            del pdf.Root.Metadata
        pdf.save(result, deterministic_id=True)
    return result.getvalue()


def _declare(canvas: Any, title: str, author: str, subject: str, day: date) -> None:
    document = canvas._doc
    # The moment of writing would make each file another; the metadata of the archive must agree with the rest.
    document._timeStamp.YMDhms = (day.year, day.month, day.day, 0, 0, 0)
    catalog = document.Catalog
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents"]
    add_page = document.addPage

    def add_without_transition(page: Any) -> None:
        # ReportLab gives each page an empty one, which is not for the archive.
        page.Trans = None
        add_page(page)

    document.addPage = add_without_transition
    texts = {
        "title": title,
        "author": author,
        "subject": subject,
        "producer": "Terrain",
        "date": f"{day}T00:00:00+00:00",
    }
    xmp = _XMP.format(**{name: escape(text) for name, text in texts.items()})
    metadata = pdfdoc.PDFStream(
        dictionary=pdfdoc.PDFDictionary(
            {"Type": pdfdoc.PDFName("Metadata"), "Subtype": pdfdoc.PDFName("XML")}
        ),
        content=xmp.encode("utf-8"),
    )
    metadata.filters = []
    catalog.Metadata = metadata
    profile = pdfdoc.PDFStream(dictionary=pdfdoc.PDFDictionary({"N": 3}), content=_profile())
    profile.filters = [pdfdoc.PDFZCompress]
    catalog.OutputIntents = pdfdoc.PDFArray(
        [
            pdfdoc.PDFDictionary(
                {
                    "Type": pdfdoc.PDFName("OutputIntent"),
                    "S": pdfdoc.PDFName("GTS_PDFA1"),
                    "OutputConditionIdentifier": pdfdoc.PDFString("sRGB"),
                    "Info": pdfdoc.PDFString("sRGB IEC61966-2.1"),
                    "DestOutputProfile": document.Reference(profile),
                }
            )
        ]
    )


@cache
def _profile() -> bytes:
    return resources.read("colour/sRGB.icc")
