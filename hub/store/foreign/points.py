"""Points by their id, from the site document, or of what it no longer names: the house need not be running."""

from __future__ import annotations

from hub.config import uid_of
from hub.errors import UserError
from hub.model import OWN_ROLES, Point, quantity
from hub.model.document import hint
from hub.model.site import Site

OWN = tuple(role.value for role in OWN_ROLES)
"""The hub's own devices; their uid is their id."""


def point_of(site: Site, id_: str) -> Point:
    """The point called `id_`; raises UserError with a suggestion for one that this house cannot have."""
    device, dot, name = id_.partition(".")
    if not dot:
        raise UserError(f"{id_!r} is not a point: it is <device>.<quantity>, e.g. grid.power")
    uids = {d.id: d.uid for d in site.devices} | {own: own for own in OWN}
    if device not in uids:
        raise UserError(f"{id_}: the site document has no device {device!r}{hint(device, uids)}")
    try:
        return Point(uids[device], device, quantity(name))
    except KeyError as e:
        raise UserError(f"{id_}: {e.args[0]}; docs/points.md lists them all") from None


def former(id_: str) -> Point | None:
    """The point called `id_` of a device that the house has no more; None for what can be none.

    Such a device goes by the id that it had, or by its uid, if it had one of its own.
    """
    device, _, name = id_.partition(".")
    try:
        return Point(uid_of(device), device, quantity(name)) if device else None
    except KeyError:
        return None
