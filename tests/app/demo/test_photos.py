"""Product pictures are small, always the same, and differ between families."""

import io

from PIL import Image

from app.demo.catalogue import models
from app.demo.photos import SIZE, photo


def test_every_product_has_a_small_picture_and_families_look_different() -> None:
    first_of = {model.family: photo(model._asdict()) for model in reversed(models())}
    for content in first_of.values():
        assert len(content) <= 15_000
        assert Image.open(io.BytesIO(content)).size == (SIZE, SIZE)
    assert len(set(first_of.values())) == len(first_of)


def test_a_picture_is_always_the_same_and_takes_the_colour_in_the_label() -> None:
    blue = {"sku": "MIC-BLE", "label_fr": "Lavette microfibre bleu", "family": "Essuyage"}
    assert photo(blue) == photo(dict(blue))
    assert photo(blue) != photo({**blue, "label_fr": "Lavette microfibre rouge"})


def test_a_product_without_family_still_has_a_picture() -> None:
    assert photo({"sku": "X"}).startswith(b"\x89PNG")
