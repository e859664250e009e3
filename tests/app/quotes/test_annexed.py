"""A company's own terms follow each quote as pages: whatever in that PDF could act is not part of the paper."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from app import company
from app.errors import Damaged, Invalid
from app.quotes import annexed, sample
from app.quotes.pdf import render
from app.workspace import Workspace
from tests.app.quotes import samples


def terms(change: Callable[[Pdf], object] | None = None, form: bool = False) -> bytes:
    """Two pages of terms with a link, and what `change` does to them."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawString(72, 700, "Article 1. Objet")
    canvas.linkURL("https://valmont.example", (72, 690, 200, 710))
    if form:
        canvas.acroForm.textfield(name="nom", x=72, y=600, width=200, height=20, value="Rempli avant")
    canvas.showPage()
    canvas.drawString(72, 700, "Article 2. Prix")
    canvas.save()
    with pikepdf.open(file) as pdf:
        if change is not None:
            change(pdf)
        written = io.BytesIO()
        pdf.save(written)
    return written.getvalue()


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert('acts')"))


def note(pdf: Pdf, **values: object) -> None:
    pdf.pages[1].obj.Annots = Array([Dictionary(Type=Name.Annot, Rect=Array([0, 0, 20, 20]), **values)])


def with_names(pdf: Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script()])))


def with_file(pdf: Pdf) -> None:
    pdf.attachments["salaires.xlsx"] = b"secret of the office"


def drawn(pdf: Pdf, **values: object) -> pikepdf.Object:
    """A form that the first page draws, with these keys besides."""
    box = Array([0, 0, 9, 9])
    form = pdf.make_stream(b"0 0 9 9 re f", Type=Name.XObject, Subtype=Name.Form, BBox=box)
    for key, value in values.items():
        form[f"/{key}"] = value
    pdf.pages[0].add_resource(form, Name.XObject, Name.Own)
    pdf.pages[0].contents_add(b"/Own Do")
    return form


def with_catalogue(pdf: Pdf) -> None:
    with_names(pdf)
    pdf.pages[0].obj.Resources.Foo = pdf.Root


def with_catalogue_in_a_font(pdf: Pdf) -> None:
    with_names(pdf)
    next(iter(pdf.pages[0].obj.Resources.Font.values())).Foo = pdf.Root


def file_on_a_form(pdf: Pdf) -> Dictionary:
    inside = pdf.make_indirect(
        Dictionary(F=String("a"), EF=Dictionary(F=pdf.make_stream(b"secret of the office")))
    )
    return Dictionary(Type=Name.Filespec, F=String("calc.exe"), EF=inside.EF)


ACTING: dict[str, Callable[[Pdf], object]] = {
    "a script at opening": lambda pdf: pdf.Root.__setitem__("/OpenAction", script()),
    "a script by name": with_names,
    "a script on a page": lambda pdf: pdf.pages[0].obj.__setitem__("/AA", Dictionary(O=script())),
    "a program that is started": lambda pdf: note(
        pdf, Subtype=Name.Screen, A=Dictionary(S=Name.Launch, F=String("calc.exe"))
    ),
    "a file inside": with_file,
    "a file on a drawing": lambda pdf: drawn(pdf, AF=Array([file_on_a_form(pdf)])),
    "another file in place of a drawing": lambda pdf: drawn(
        pdf, Ref=Dictionary(F=String("//evil.example/calc.exe"), Page=0)
    ),
    "a printer's own picture": lambda pdf: drawn(
        pdf, OPI=Dictionary(**{"/2.0": Dictionary(F=String("calc.exe"))})
    ),
    "the whole document among a page's fonts": with_catalogue,
    "a drawing in a drawing": lambda pdf: drawn(
        pdf, Resources=Dictionary(XObject=Dictionary(In=drawn(pdf, AF=Array([file_on_a_form(pdf)]))))
    ),
    "a note": lambda pdf: note(pdf, Subtype=Name.Text, Contents=String("à revoir avec l'avocat")),
}
TRACES = (
    b"acts",
    b"calc.exe",
    b"secret of the office",
    b"JavaScript",
    b"Launch",
    b"/Annots",
    b"/AcroForm",
    b"avocat",
)


def traces_in(content: bytes) -> list[bytes]:
    """What of the acting parts is still in a file, however it is packed."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        plain = io.BytesIO()
        pdf.save(
            plain,
            qdf=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )
    return [trace for trace in TRACES if trace in plain.getvalue()]


def printed_with(data: bytes) -> bytes:
    return render(replace(samples.document(1), terms_file="t"), {"t": data})


@pytest.mark.parametrize("name", ACTING)
def test_what_acts_in_the_terms_is_in_no_quote(name: str):
    data = terms(ACTING[name])
    found = annexed.plain_pages(data)
    assert found.stripped and not traces_in(found.content)
    content = printed_with(data)
    assert not traces_in(content), "nor where another program put the terms there"
    assert "Article 2. Prix" in PdfReader(io.BytesIO(content)).pages[-1].extract_text()


def test_the_last_page_of_the_quote_says_how_many_pages_of_terms_follow():
    *_before, own, _first, _second = PdfReader(io.BytesIO(printed_with(terms()))).pages
    assert "Conditions annexées : 2 pages" in own.extract_text()
    (alone,) = PdfReader(io.BytesIO(render(samples.document(1)))).pages
    assert "annexées" not in alone.extract_text()


def test_a_font_that_leads_to_the_whole_document_is_a_font_alone():
    found = annexed.plain_pages(terms(with_catalogue_in_a_font))
    assert not traces_in(found.content)
    assert "Article 2. Prix" in PdfReader(io.BytesIO(found.content)).pages[1].extract_text()


@pytest.mark.parametrize("annotations", ["[99999 0 R]", "[null]", "[5]", "7", "<</A 5>>"])
def test_notes_that_are_named_and_not_there_stop_nothing(annotations: str):
    data = terms(lambda pdf: pdf.pages[0].obj.__setitem__("/Annots", Name.Placeholder))
    data = data.replace(b"/Placeholder", annotations.encode())
    assert "Article 1. Objet" in PdfReader(io.BytesIO(printed_with(data))).pages[-2].extract_text()


def layered(pdf: Pdf) -> None:
    """A red layer and a blue stamp that are hidden, and a green layer that is shown."""
    hidden, shown = (
        pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(name))) for name in ("no", "yes")
    )
    state = Dictionary(OFF=Array([hidden]), Order=Array([hidden, shown]), AS=Array([]))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([hidden, shown]), D=state)
    page = pdf.pages[0]
    page.obj.Resources.Properties = Dictionary(No=hidden, Yes=shown)
    look = pdf.make_stream(
        b"0 0 1 rg 0 0 20 20 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 20, 20])
    )
    stamp = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, F=4, OC=hidden, AP=Dictionary(N=look))
    stamp.Rect = Array([210, 300, 290, 500])
    page.obj.Annots = Array([stamp])
    page.contents_add(
        b"/OC /No BDC 1 0 0 rg 0 0 200 900 re f EMC /OC /Yes BDC 0 1 0 rg 300 0 300 900 re f EMC"
    )


def test_a_layer_that_is_hidden_in_the_terms_is_hidden_on_paper(qapp):
    from ui.printing import page_images

    data = terms(layered)
    plain = annexed.plain_pages(data).content
    for content in (data, plain, annexed.plain_pages(plain).content, printed_with(data)):
        page = page_images(content, 600, 9)[-2]
        left, stamped, right = (page.pixelColor(x, 400).getRgb()[:3] for x in (100, 250, 500))
        assert left == stamped == (255, 255, 255) and right[1] > 200 > right[0]


def test_a_form_stays_as_it_was_filled_in_and_can_be_filled_in_no_more():
    found = annexed.plain_pages(terms(form=True))
    assert found.stripped and not traces_in(found.content)
    assert "Rempli avant" in PdfReader(io.BytesIO(found.content)).pages[0].extract_text()


def test_plain_terms_lose_nothing_that_is_seen():
    found = annexed.plain_pages(terms(lambda pdf: pdf.Root.__setitem__("/OpenAction", Array([0, Name.Fit]))))
    assert not found.stripped and not traces_in(found.content)
    assert [page.extract_text().strip() for page in PdfReader(io.BytesIO(found.content)).pages] == [
        "Article 1. Objet",
        "Article 2. Prix",
    ]
    assert annexed.plain_pages(found.content) == found, "a second look changes nothing"


def locked(user: str) -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(terms())) as pdf:
        pdf.save(written, encryption=pikepdf.Encryption(owner="office", user=user))
    return written.getvalue()


def test_terms_that_only_may_not_be_changed_are_taken_without_their_lock():
    content = annexed.plain_pages(locked("")).content
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert not pdf.is_encrypted and len(pdf.pages) == 2


def picture_elsewhere(pdf: Pdf) -> None:
    picture = drawn(
        pdf, Subtype=Name.Image, Width=1, Height=1, ColorSpace=Name.DeviceGray, BitsPerComponent=8
    )
    picture.F = String("//evil.example/logo.jpg")


def adobe_form(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(XFA=pdf.make_stream(b"<xdp/>"), Fields=Array([]))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (locked("secret"), "mot de passe"),
        (terms(adobe_form), "Adobe"),
        (terms(picture_elsewhere), "autre fichier"),
        (terms(lambda pdf: drawn(pdf, Subtype=Name.PS)), "programme"),
        (terms(lambda pdf: pdf.Root.__setitem__("/AcroForm", 5)), "lisible"),
        (b"%PDF-1.7 and then nothing", "lisible"),
        (terms()[:300], "lisible"),
        (b"", "lisible"),
        (b"%PDF" + bytes(annexed.MOST_BYTES), "10"),
    ],
    ids=[
        "password",
        "form of Adobe",
        "picture elsewhere",
        "printer's program",
        "odd form",
        "no PDF",
        "cut off",
        "empty",
        "too large",
    ],
)
def test_what_no_quote_could_carry_is_refused_with_one_sentence(
    workspace: Workspace, tmp_path: Path, data: bytes, said: str
):
    company.keep(workspace, {"name": "Atelier Valmont"})
    file = tmp_path / "cgv.pdf"
    file.write_bytes(data)
    with pytest.raises(Invalid) as refusal:
        company.keep_file(workspace, "terms_file", file)
    assert said in refusal.value.problems["terms_file"]
    if data:
        with pytest.raises(Damaged):
            printed_with(data)


def test_terms_too_long_to_be_chosen_still_go_with_the_quotes_that_have_them(
    workspace: Workspace, tmp_path: Path
):
    company.keep(workspace, {"name": "Atelier Valmont"})
    file = tmp_path / "cgv.pdf"
    file.write_bytes(terms(lambda pdf: [pdf.add_blank_page() for _page in range(annexed.MOST_PAGES)]))
    with pytest.raises(Invalid) as refusal:
        company.keep_file(workspace, "terms_file", file)
    assert "102 pages" in refusal.value.problems["terms_file"]
    with pikepdf.open(io.BytesIO(printed_with(file.read_bytes()))) as printed:
        assert len(printed.pages) == 103


def test_a_folder_and_a_file_that_is_gone_are_refused_with_one_sentence(workspace: Workspace, tmp_path: Path):
    company.keep(workspace, {"name": "Atelier Valmont"})
    for name in company.FILES:
        for file in (tmp_path, tmp_path / "gone.pdf"):
            with pytest.raises(Invalid) as refusal:
                company.keep_file(workspace, name, file)
            assert name in refusal.value.problems


def test_the_office_is_told_that_something_was_left_out(workspace: Workspace, tmp_path: Path):
    company.keep(workspace, {"name": "Atelier Valmont"})
    for data, told in ((terms(), False), (terms(with_names), True)):
        file = tmp_path / "cgv.pdf"
        file.write_bytes(data)
        assert company.keep_file(workspace, "terms_file", file) is told
    with workspace.read() as session:
        kept = company.file_of(session, "terms_file")
        paper = sample.sample_paper(session, {}).render()
    assert kept is not None and kept.content is not None and not traces_in(kept.content)
    assert "Article 1. Objet" in PdfReader(io.BytesIO(paper)).pages[-2].extract_text()
