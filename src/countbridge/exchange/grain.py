"""How finely each of the two books tells stock apart, and the grain at which both can be compared.

A part counts where the system's stock declares it (`parts` in connector.yaml) and the link's map says it. What only one of the
books knows is added up: ERP and WMS meet at the parts both know, and each is posted what it can say.
"""

from __future__ import annotations

from countbridge.connectors.registry import definition
from countbridge.domain.keys import TRAITS
from countbridge.exchange.maps import targets
from countbridge.links.models import Link

Parts = frozenset[str]


def parts_of(link: Link, side: str) -> Parts:
    """The parts the book of this side knows."""
    declared = definition(link.system(side).connector).manifest.dataset("stock").parts
    return frozenset(TRAITS) & frozenset(declared) & targets(link, f"{side}_stock")


def common(link: Link) -> Parts:
    """The parts both books know."""
    return parts_of(link, "erp") & parts_of(link, "wms")


def kept_of(link: Link, side: str) -> Parts:
    """At which parts rows of this side's book are kept: the WMS's at its own, since its bins are counted; the ERP's at the
    common ones, since what the WMS cannot tell apart nobody counts apart."""
    return parts_of(link, side) if side == "wms" else common(link)
