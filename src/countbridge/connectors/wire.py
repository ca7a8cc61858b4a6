"""What is watched on the wire of one request: where it connects to, and whether any of it may have left."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

import httpx

# Addresses inside a cloud machine's own network that hand out its credentials, beyond the link-local ranges.
METADATA_ADDRESSES = frozenset(
    map(ipaddress.ip_address, ("100.100.100.200", "fd00:ec2::254", "192.0.0.192", "168.63.129.16"))
)


class AddressRefused(Exception):
    """The connection ended at an address we must not talk to."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(address)


class Wire:
    """Receives httpcore's trace events of one request.

    The address is checked on the open connection, after name resolution and before a byte is sent: a name that resolves
    differently the second time cannot slip through.
    """

    def __init__(self, refused: Callable[[str], bool]) -> None:
        self.may_have_left = False
        self._refused = refused

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            peer = info["return_value"].get_extra_info("server_addr")
            if peer and self._refused(str(peer[0])):
                info["return_value"].close()
                raise AddressRefused(str(peer[0]))
        elif event.endswith("send_request_headers.started"):
            self.may_have_left = True


def is_refused(address: str) -> bool:
    """True for link-local, multicast, unspecified and known metadata addresses; 10.x or 127.x are where ERPs live."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in METADATA_ADDRESSES


def is_never_refused(address: str) -> bool:
    """For systems whose settings allow link-local addresses."""
    return False


def is_certificate_failure(error: httpx.ConnectError) -> bool:
    """True when the connection failed because the remote's certificate is not trusted."""
    cause: BaseException | None = error
    while cause is not None:
        if "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
