"""Which addresses this server goes out to, so that nobody has it knock on doors inside.

A URL is read by one strict expression, and what that read is what is connected to: no second
parser can understand it otherwise. A host's name is resolved here, every address it has is
checked, and only checked ones are given to the connection.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import quote, unquote, urljoin

from pipeline.errors import StageError, TransientError

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

_LONGEST = 2000
_URL = re.compile(
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,254})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][^\x00-\x20\x7f\\#]*)?(?:#[^\x00-\x20\x7f\\]*)?"
)
PATTERN = f"^{re.sub(r'[?]P<[a-z]+>', '', _URL.pattern)}$"
"""That of a URL, without names: for those who read other notations than Python's."""
_PORTS = {"http": 80, "https": 443}
# Every printable ASCII character: what the address says is sent as it is.
_AS_IT_IS = "".join(map(chr, range(0x21, 0x7F)))
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)

_IPV6_GLOBAL = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
# What Python's own registry calls global all the same: relays that carry an IPv4 address on
# (6to4, Teredo), documentation, and Azure's metadata.
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            *("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"),
            *("2001::/23", "2002::/16", "3fff::/20"),
        ),
    )
)


class AddressRefused(StageError):
    """The address is none that this server goes to; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__("address_refused", message)


@dataclass(frozen=True)
class Target:
    """A URL, read."""

    scheme: str
    host: str
    """Lower case; an IPv6 address without its brackets."""
    port: int
    path: str
    """Path and query, ASCII, as it is sent."""

    @property
    def authority(self) -> str:
        """Host, and the port where it is not the scheme's own, as in the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def filename(self) -> str:
        """The path's last part, decoded; empty where it has none. For display only."""
        return unquote(self.path.partition("?")[0].rpartition("/")[2])

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    def join(self, location: str) -> "Target":
        """Return where a redirect to `location` leads. Raises `AddressRefused`."""
        try:
            onward = urljoin(str(self), location.strip(" "))
        except ValueError:  # brackets or letters that urljoin takes for an attack; `read` says so
            onward = location
        return read(onward)


@dataclass(frozen=True)
class Policy:
    """What may be reached."""

    allow: tuple[str, ...] = ()
    """Host names, addresses and networks that are reached wherever they lie, at any port."""
    ports: tuple[int, ...] = tuple(_PORTS.values())
    """The ports of all other hosts."""

    def check(self, target: Target) -> None:
        """Refuse what the URL alone shows to be out of bounds. Raises `AddressRefused`."""
        host, port = target.host, target.port
        if host in self.allow:
            return
        if address := _literal(host):
            self._check(host, port, [address])
        elif host == "localhost" or host.endswith(".localhost"):
            self._check(host, port, [IPv4Address("127.0.0.1")])
        elif not self.allow:  # an allowed network would allow every port of its hosts
            self._check_port(port)

    def resolve(self, host: str, port: int) -> list[IPAddress]:
        """Return the addresses to connect to, every one of them checked.

        Raises `AddressRefused`, also where only one of them is refused; `StageError` for a host
        that does not exist, `TransientError` where nobody can tell.
        """
        addresses = _look_up(host, port)
        if host not in self.allow:
            self._check(host, port, addresses)
        return addresses

    def _check(self, host: str, port: int, addresses: list[IPAddress]) -> None:
        others = [one for one in addresses if not any(_within(one, net) for net in self._networks)]
        if not all(map(is_public, others)):
            raise AddressRefused(
                f"{host} is not on the public internet. Name an address that is, "
                "or ask whoever runs this server to add it to FETCH_ALLOW."
            )
        if others:
            self._check_port(port)

    def _check_port(self, port: int) -> None:
        if port not in self.ports:
            ports = ", ".join(map(str, self.ports))
            raise AddressRefused(
                f"Port {port} is not fetched from, only {ports}. Name an address at one of these, "
                "or ask whoever runs this server to add it to FETCH_PORTS."
            )

    @property
    def _networks(self) -> list[IPNetwork]:
        return [network for entry in self.allow if (network := _network(entry))]


def read(url: str) -> Target:
    """Read a URL. Raises `AddressRefused` for anything but plain http and https."""
    found = _URL.fullmatch(url) if len(url) <= _LONGEST else None
    if found is None:
        raise AddressRefused(
            f"It must be http:// or https://, a host name in ASCII or an IP address, and a path, "
            f"in at most {_LONGEST} characters; no user name, password, space or backslash."
        )
    scheme = found["scheme"].lower()
    port = int(found["port"] or _PORTS[scheme])
    if not 0 < port < 1 << 16:
        raise AddressRefused(f"There is no port {port}: they go from 1 to 65535.")
    try:
        path = quote(found["target"] or "/", safe=_AS_IT_IS)
    except UnicodeEncodeError:
        raise AddressRefused("It holds half a character: check the address.") from None
    path = path if path.startswith("/") else f"/{path}"
    return Target(scheme, _host(found["host"].lower()), port, path)


def is_public(address: IPAddress) -> bool:
    """Tell whether it is an address of one host on the public internet."""
    if isinstance(address, IPv6Address):
        if inner := address.ipv4_mapped or _behind_nat64(address):
            return is_public(inner)
        if address not in _IPV6_GLOBAL:
            return False
    outside = address.is_multicast or any(_within(address, network) for network in _NOT_PUBLIC)
    return address.is_global and not outside


def _behind_nat64(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that networks without IPv4 reach by this one."""
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _host(host: str) -> str:
    """Return the host as it is looked up. Raises `AddressRefused` for what only looks like one."""
    if host.startswith("["):
        try:
            return str(IPv6Address(host[1:-1]))
        except ValueError:
            raise AddressRefused(f"{host} is no IPv6 address: check it.") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if not all(0 < len(label) < 64 for label in labels):
        raise AddressRefused(f"{host} is no host name: check the address.")
    if _NUMBER.fullmatch(labels[-1]):
        # Resolvers read 127.1, 0x7f000001, 017700000001 and 2130706433 as addresses too.
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise AddressRefused(
                f"{host} is no IP address: write four decimal numbers without leading zeros."
            ) from None
    return host


def _literal(host: str) -> IPAddress | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _network(entry: str) -> IPNetwork | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None


def _within(address: IPAddress, network: IPNetwork) -> bool:
    return address.version == network.version and address in network


def _look_up(host: str, port: int) -> list[IPAddress]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            message = f"The name {host} cannot be looked up at the moment: retry later."
            raise TransientError("fetch_failed", message) from None
        message = f"There is no host {host}: check the address."
        raise StageError("fetch_refused", message) from None
    except UnicodeError:  # a label that the resolver's own encoding refuses
        raise AddressRefused(f"{host} is no host name: check the address.") from None
    # A zone, as in fe80::1%eth0, comes back as part of the address, and stays part of it.
    return list(dict.fromkeys(ip_address(address[0]) for *_, address in found))
