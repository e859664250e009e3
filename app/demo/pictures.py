"""The products' pictures as attachments: one for each product, their bytes few, since shapes and colours repeat."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from PIL import Image

from app.demo.catalogue import Catalogue, models
from app.demo.identity import named_random, uuid7
from app.demo.photos import SIZE, photo


def illustrated(catalogue: Catalogue, seed: int) -> Catalogue:
    """The catalogue with an attachment for each product, which names it as its picture."""
    rng = named_random(seed, "pictures")
    pictures: list[dict[str, object]] = []
    for product in catalogue.products:
        at: Any = product["created_at"]
        data = photo(product)
        picture = {
            "id": uuid7(at + timedelta(seconds=len(pictures)), rng),
            "created_at": at,
            "record_kind": "product",
            "record": product["id"],
            "name": f"{product['sku']}.png",
            "media_type": "image/png",
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "width": SIZE,
            "height": SIZE,
        }
        product["image"] = picture["id"]
        pictures.append(picture)
    return catalogue._replace(pictures=pictures)


def contents() -> Iterator[bytes]:
    """The bytes of all products' pictures, each once."""
    return iter({photo(model._asdict()): None for model in models()})


def shelf(products: Sequence[Mapping[str, Any]]) -> bytes:
    """A photo of a customer's shelf, drawn: what stands on it are the pictures of these products."""
    image = Image.new("RGB", (1600, 1200), (214, 204, 190))
    for row in range(3):
        image.paste((150, 122, 96), (0, 380 * row + 360, 1600, 380 * row + 392))
        for place in range(4):
            product = products[(row * 4 + place) % len(products)]
            drawn = Image.open(io.BytesIO(photo(product))).convert("RGB")
            image.paste(drawn, (40 + 385 * place, 380 * row + 40))
    written = io.BytesIO()
    image.save(written, "JPEG", quality=88)
    return written.getvalue()
