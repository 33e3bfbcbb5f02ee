"""Who made what, as the chain tells it, and what some makers do otherwise than others. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.sunspec.chain import Place
from drivers.sunspec.layout import Values

COMMON = 1
"""the model with maker, model, serial number"""
EXPORT_IS_PLUS = ("solaredge",)
"""Makers whose meters count export as +, by how model 1's `Mn` begins in lower case. SolarEdge: models 201 to 204
behind its inverters (evcc solaredge-hybrid.yaml; WillCodeForCats/solaredge-modbus-multi hub.py: W raw + = export)."""


def own_texts(place: Place, images: Mapping[Place, Values]) -> Mapping[str, str]:
    """The texts of the last model 1 before `place`: a meter behind an inverter has one of its own."""
    before = [p for p in images if p.model == COMMON and p.address < place.address]
    return images[max(before, key=lambda p: p.address)].texts if before else {}


def first_texts(images: Mapping[Place, Values]) -> Mapping[str, str]:
    """The texts of the unit's first model 1."""
    return next((values.texts for place, values in images.items() if place.model == COMMON), {})


def counts_export(meter: Place, images: Mapping[Place, Values]) -> bool:
    """Whether + is export on this meter, by its own maker or the unit's: an inverter passes on meters of others."""
    makers = (texts.get("Mn", "") for texts in (own_texts(meter, images), first_texts(images)))
    return any(maker.strip().lower().startswith(EXPORT_IS_PLUS) for maker in makers)
