"""Outgoing HTTP for addresses that people type in: nothing inside the house can be reached through it.

A name is resolved once, every address it has is judged, and the connection goes to an address that was judged (so the
name cannot mean something else a moment later), with the name in the certificate check and the Host header. Redirects
are not followed unless asked for, and each is judged anew. The time is limited as a whole, and so is the answer.

    answer = http.request("POST", url, body=b"…", headers={…})      # raises Guarded, Unreachable, Broken, TooSlow

`Guarded` and `Unreachable` mean that nothing was sent. After `Broken` and `TooSlow` the other side may have got it.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

CONNECT, READ, TOTAL = 4.0, 8.0, 12.0  # seconds
LARGEST = 256 * 1024  # bytes of an answer
REDIRECTS = (301, 302, 303, 307, 308)
PORTS = {"http": 80, "https": 443}

_resolvers = ThreadPoolExecutor(4, thread_name_prefix="resolve")


class Failed(Exception):
    """The request did not succeed; `sent` says whether the other side may have got it."""

    sent = False


class Guarded(Failed):
    """An address that may not be reached from here, or that is none."""


class Unreachable(Failed):
    """No such name, nobody listens, or the certificate is not right: nothing was sent."""


class Broken(Failed):
    """The connection ended before there was an answer, or the answer was none."""

    sent = True


class TooSlow(Broken):
    """No whole answer within the time."""


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is cut at the limit (`cut` says so)."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""
    cut: bool = False

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")


def request(
    method: str, url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None,
    redirects: int = 0, total: float = TOTAL, largest: int = LARGEST,
) -> Answer:  # fmt: skip
    """Ask, and give the answer whatever its status. Follows up to `redirects`, and only of GET and HEAD."""
    deadline = time.monotonic() + total
    while True:
        answer = _once(method, url, body, dict(headers or {}), deadline, largest)
        there = answer.headers.get("location")
        if answer.status not in REDIRECTS or not there or redirects < 1 or method not in ("GET", "HEAD"):
            return answer
        before, url, redirects = urlsplit(url), urljoin(url, there), redirects - 1
        if urlsplit(url)[:2] != before[:2]:  # what was meant for one host is not told to another
            headers = {k: v for k, v in (headers or {}).items() if k.lower() not in ("authorization", "cookie")}


def check(url: str, timeout: float = CONNECT) -> None:
    """Raise Guarded where an address may not be used at all; for forms, before it is stored."""
    parts = _parsed(url)
    with contextlib.suppress(Unreachable):  # a name may be unknown today
        _resolve(parts.hostname, parts.port or PORTS[parts.scheme], timeout)


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise Guarded(_("This is no address.")) from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise Guarded(_("An address begins with http:// or https://."))
    if parts.username is not None or parts.password is not None:
        raise Guarded(_("No user name in an address."))
    if port == 0 or any(ord(sign) <= 32 or ord(sign) == 127 for sign in url.strip()):
        raise Guarded(_("This is no address."))
    return parts


def _resolve(host: str, port: int, timeout: float) -> list[tuple[int, str]]:
    """(family, address) of a name, all of them judged. Numbers in any spelling are names, too: the resolver reads them.

    The whole name is refused where one of its addresses is.
    """
    try:
        name = (host if host.isascii() else host.encode("idna").decode()).rstrip(".")
    except UnicodeError as error:
        raise Guarded(_("No host name.")) from error
    question = _resolvers.submit(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM)
    try:
        found = question.result(timeout)
    except NotYet as error:
        question.cancel()
        raise Unreachable(_("The name server does not answer.")) from error
    except (OSError, UnicodeError) as error:
        raise Unreachable(_("No such name: %(host)s") % {"host": host}) from error
    addresses = list(dict.fromkeys((family, where[0]) for family, *_rest, where in found))
    for _family, address in addresses:
        if not is_allowed(address, name):
            raise Guarded(_("%(host)s is an address inside: %(address)s") % {"host": host, "address": address})
    return addresses


def is_allowed(address: str, name: str = "") -> bool:
    """Whether an address may be reached: public ones, and those the machine's administrator has allowed."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = _inner(ip)
    if any(each.is_link_local or each.is_multicast or each.is_unspecified for each in (ip, inner)):
        return False  # where clouds keep their keys: no setting opens that
    if name.lower().rstrip(".") in settings.OUTGOING_NAMES:
        return True
    if any(inner in network for network in settings.OUTGOING_NETWORKS if network.version == inner.version):
        return True
    return inner.is_global and not inner.is_reserved and not getattr(inner, "is_site_local", False)


def _inner(ip):
    """The IPv4 address inside an IPv6 one that stands for it (mapped, tunnelled …); else the address."""
    if ip.version == 4:
        return ip
    if found := ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]):
        return found
    for prefix in ("64:ff9b::/96", "64:ff9b:1::/96", "::ffff:0:0:0/96", "::/96"):
        if ip in ipaddress.ip_network(prefix) and int(ip) > 1:
            return ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
    return ip


class _Pinned(http.client.HTTPConnection):
    """A connection to addresses already judged, under the name of the host."""

    def __init__(self, parts: SplitResult, addresses: list[tuple[int, str]], deadline: float):
        super().__init__(parts.hostname, parts.port or PORTS[parts.scheme])
        self.parts, self.addresses, self.deadline = parts, addresses, deadline

    def left(self, most: float) -> float:
        """Seconds left for one step. Raises TimeoutError when there are none."""
        if (left := self.deadline - time.monotonic()) <= 0:
            raise TimeoutError("timed out")
        return min(left, most)

    def connect(self) -> None:
        last: OSError = OSError("no address")
        for _family, address in self.addresses:
            try:
                self.sock = socket.create_connection((address, self.port), self.left(CONNECT))
                break
            except OSError as error:
                last = error
        else:
            raise last
        if self.parts.scheme == "https":
            self.sock.settimeout(self.left(CONNECT))
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.parts.hostname)
        self.sock.settimeout(self.left(READ))


def _once(method: str, url: str, body, headers: dict[str, str], deadline: float, largest: int) -> Answer:
    parts = _parsed(url)
    port = parts.port or PORTS[parts.scheme]
    addresses = _resolve(parts.hostname, port, min(CONNECT, max(deadline - time.monotonic(), 0.01)))
    connection = _Pinned(parts, addresses, deadline)
    try:
        connection.connect()
    except OSError as error:  # ssl's errors are OSErrors
        connection.close()
        raise Unreachable(str(error)[:200] or type(error).__name__) from error
    # However slowly the other side drips: when the time is over the line is cut.
    cutter = threading.Timer(max(deadline - time.monotonic(), 0.01), _cut, [connection.sock])
    cutter.daemon = True
    cutter.start()
    try:
        return _exchange(connection, method, parts, body, headers, url, largest)
    except TimeoutError as error:
        raise TooSlow(_("No answer within the time.")) from error
    except (OSError, http.client.HTTPException) as error:
        if time.monotonic() >= deadline:
            raise TooSlow(_("No answer within the time.")) from error
        raise Broken(str(error)[:200] or type(error).__name__) from error
    finally:
        cutter.cancel()
        connection.close()


def _exchange(
    connection: _Pinned, method: str, parts: SplitResult, body, headers: dict[str, str], url: str, largest: int
) -> Answer:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    given = {"User-Agent": "ZhiKe", "Accept-Encoding": "identity", "Connection": "close", **headers}
    connection.request(method, target, body=body, headers=given)
    connection.sock.settimeout(connection.left(READ))
    response = connection.getresponse()
    found = response.read(largest + 1)
    if time.monotonic() >= connection.deadline:
        raise TimeoutError("timed out")
    names = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, names, found[:largest], url, cut=len(found) > largest)


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of TLS, too: the line itself
