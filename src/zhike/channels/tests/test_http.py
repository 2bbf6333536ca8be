"""Outgoing HTTP reaches nothing inside, waits for nobody for ever, and says whether anything was sent."""

import datetime
import ipaddress
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from zhike import environment
from zhike.channels import http
from zhike.channels.tests.fakes import serving

INSIDE = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://017700000001/",
    "http://0/", "http://0.0.0.0/", "http://localhost/", "http://LOCALHOST./", "http://10.0.0.1/", "http://172.16.3.4/",
    "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/", "http://[::1]/",
    "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[fe80::1]/", "http://[fd00::1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/", "http://[fec0::1]/",
    "http://224.0.0.1/", "http://255.255.255.255/", "http://198.18.0.1/", "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
]  # fmt: skip
NONSENSE = ["", "x", "ftp://example.com/", "file:///etc/passwd", "http://", "http://a b/", "http://user:pw@example.com/",
            "http://example.com:99999/", "gopher://127.0.0.1/", "http://example.com/\r\nHost: x", "http://[::1"]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE + NONSENSE)
def test_ACT_7_nothing_inside_is_reached(url):
    with pytest.raises(http.Guarded):
        http.request("GET", url)
    with pytest.raises(http.Guarded):
        http.check(url)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::"])
def test_public_addresses_are_allowed(address):
    assert http.is_allowed(address)


def test_the_machines_administrator_opens_networks_and_names(settings, monkeypatch):
    monkeypatch.setenv("ZHIKE_OUTGOING_ALLOW", "10.1.0.0/16, erp.intranet fd00::/8")
    settings.OUTGOING_NAMES, settings.OUTGOING_NETWORKS = environment.outgoing()
    assert http.is_allowed("10.1.2.3") and http.is_allowed("fd00::7") and http.is_allowed("::ffff:10.1.2.3")
    assert not http.is_allowed("10.2.0.1") and not http.is_allowed("127.0.0.1")
    assert http.is_allowed("192.168.7.7", "erp.intranet") and not http.is_allowed("192.168.7.7", "other.intranet")
    assert not http.is_allowed("169.254.169.254", "erp.intranet")  # no name opens that
    monkeypatch.setenv("ZHIKE_OUTGOING_ALLOW", "https://erp/")
    with pytest.raises(environment.BadSetting, match="ZHIKE_OUTGOING_ALLOW"):
        environment.outgoing()


def test_ACT_7_a_name_with_one_address_inside_is_refused(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", names({"two.example": ["8.8.8.8", "10.0.0.1"]}))
    with pytest.raises(http.Guarded):
        http.request("GET", "http://two.example/")


def names(table):
    """A name server that knows these, and numbers."""
    real = socket.getaddrinfo

    def ask(host, port, *args, **kwargs):
        found = table[host].pop(0) if host in table and table[host] and isinstance(table[host][0], list) else None
        if found := found or (table.get(host)):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]
        return real(host, port, *args, **kwargs)

    return ask


def test_ACT_7_a_name_that_means_something_else_a_moment_later_is_not_asked_again(outside, monkeypatch):
    asked = []

    def rebinding(host, port, *args, **kwargs):
        if host != "rebind.example":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert http.request("GET", f"http://rebind.example:{outside.port}/").status == 200
    assert asked == ["rebind.example"]
    assert outside.requests[0]["headers"]["Host"] == f"rebind.example:{outside.port}"


def test_redirects_are_judged_and_never_followed_by_post(outside):
    for there in ("http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/"):
        outside.answer = lambda request, there=there: (302, {"Location": there}, b"")
        with pytest.raises(http.Guarded):
            http.request("GET", outside.url, redirects=3)
        assert http.request("POST", outside.url, body=b"x", redirects=3).status == 302
        assert http.request("GET", outside.url).status == 302


def test_a_redirect_elsewhere_takes_no_password_along(outside):
    outside.answer = lambda request: (
        (302, {"Location": f"http://localhost:{outside.port}/there"}, b"") if request["path"] == "/" else (200, {}, b"")
    )
    assert http.request("GET", outside.url, headers={"Authorization": "secret"}, redirects=1).status == 200
    assert "Authorization" in outside.requests[0]["headers"] and "Authorization" not in outside.requests[1]["headers"]


@pytest.mark.parametrize(("mood", "error"), [("hang", http.TooSlow), ("drip", http.TooSlow), ("reset", http.Broken)])
def test_nobody_is_waited_for_beyond_the_limit(outside, mood, error):
    outside.mood, started = mood, time.monotonic()
    with pytest.raises(error) as raised:
        http.request("POST", outside.url, body=b"x", total=0.6)
    assert time.monotonic() - started < 2 and raised.value.sent


def test_where_nobody_listens_nothing_was_sent(outside):
    url = outside.url
    outside.close()
    with pytest.raises(http.Unreachable) as raised:
        http.request("POST", url, body=b"x")
    assert not raised.value.sent
    with pytest.raises(http.Unreachable):
        http.request("GET", "http://no-such-name.invalid/")


def test_a_large_answer_is_cut(outside):
    outside.answer = lambda request: (200, {}, b"x" * 5000)
    answer = http.request("GET", outside.url, largest=1000)
    assert len(answer.body) == 1000 and answer.cut


def certificate(tmp_path, name):
    """A certificate for a name, signed by itself; gives the file of both."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def test_https_asks_for_the_name_and_checks_the_certificate(tmp_path, monkeypatch, settings):
    settings.OUTGOING_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    file = certificate(tmp_path, "hook.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    asked = []
    context.sni_callback = lambda sock, name, ctx: asked.append(name)
    table = {"hook.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    monkeypatch.setattr(socket, "getaddrinfo", names(table))
    with serving(context=context) as server:
        with pytest.raises(http.Unreachable):  # nobody vouches for it
            http.request("POST", f"https://hook.example:{server.port}/", body=b"x")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert http.request("POST", f"https://hook.example:{server.port}/", body=b"x").status == 200
        with pytest.raises(http.Unreachable):
            http.request("POST", f"https://other.example:{server.port}/", body=b"x")
        assert len(server.requests) == 1
    assert asked == ["hook.example", "hook.example", "other.example"]
