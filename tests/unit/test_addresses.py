"""Addresses that strangers name to make this server knock on doors inside.

None may be reached: each is refused by what it says, or by where its name leads.
"""

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from pipeline.errors import StageError
from pipeline.net.addresses import AddressRefused, Policy, is_public, read
from pipeline.net.client import follow, request
from tests.serving import Handler, Served, serving

# What a URL shows by itself; at PORT of loopback somebody listens.
TRICKS = {
    "loopback": "http://127.0.0.1:PORT/",
    "loopback, another": "http://127.8.9.10:PORT/",
    "decimal": "http://2130706433:PORT/",
    "octal": "http://017700000001:PORT/",
    "octal parts": "http://0177.0.0.01:PORT/",
    "hexadecimal": "http://0x7f000001:PORT/",
    "hexadecimal parts": "http://0x7f.0x0.0x0.0x1:PORT/",
    "hexadecimal last part": "http://127.0.0.0x1:PORT/",
    "short": "http://127.1:PORT/",
    "shorter": "http://0:PORT/",
    "leading zeros": "http://127.000.000.001:PORT/",
    "overflow": "http://256.256.256.256:PORT/",
    "unspecified": "http://0.0.0.0:PORT/",
    "trailing dot": "http://127.0.0.1.:PORT/",
    "two trailing dots": "http://127.0.0.1..:PORT/",
    "IPv6 loopback": "http://[::1]:PORT/",
    "IPv6 unspecified": "http://[::]:PORT/",
    "IPv6 long": "http://[0:0:0:0:0:0:0:1]:PORT/",
    "IPv4-mapped": "http://[::ffff:127.0.0.1]:PORT/",
    "IPv4-mapped in hexadecimal": "http://[::ffff:7f00:1]:PORT/",
    "IPv4-compatible": "http://[::127.0.0.1]:PORT/",
    "IPv4-translated": "http://[::ffff:0:127.0.0.1]:PORT/",
    "6to4": "http://[2002:7f00:1::]:PORT/",
    "Teredo": "http://[2001:0:7f00:1::]:PORT/",
    "NAT64": "http://[64:ff9b::127.0.0.1]:PORT/",
    "NAT64, local": "http://[64:ff9b:1::7f00:1]:PORT/",
    "zone": "http://[fe80::1%25lo]:PORT/",
    "zone, bare": "http://[::1%lo]:PORT/",
    "link-local": "http://169.254.1.1/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "metadata in decimal": "http://2852039166/",
    "metadata by IPv6": "http://[fd00:ec2::254]/",
    "metadata of Azure": "http://168.63.129.16/",
    "metadata of Alibaba": "http://100.100.100.200/",
    "private, ten": "http://10.0.0.1/",
    "private, 172": "http://172.16.0.1/",
    "private, 192": "http://192.168.0.1/",
    "carrier-grade NAT": "http://100.64.0.1/",
    "multicast": "http://224.0.0.1/",
    "multicast by IPv6": "http://[ff02::1]/",
    "reserved": "http://240.0.0.1/",
    "broadcast": "http://255.255.255.255/",
    "unique local": "http://[fc00::1]/",
    "site local": "http://[fec0::1]/",
    "localhost": "http://localhost:PORT/",
    "localhost in capitals": "http://LOCALHOST:PORT/",
    "localhost with a dot": "http://localhost.:PORT/",
    "below localhost": "http://files.localhost:PORT/",
    "user": "http://example.com@127.0.0.1:PORT/",
    "user and password": "http://user:word@127.0.0.1:PORT/",
    "user with a fragment": "http://example.com#@127.0.0.1:PORT/x y",
    "backslash": "http://example.com\\@127.0.0.1:PORT/",
    "backslashes": "http:\\\\127.0.0.1:PORT/",
    "one slash": "http:/127.0.0.1:PORT/",
    "three slashes": "http:///127.0.0.1:PORT/",
    "no scheme": "//127.0.0.1:PORT/",
    "circled digits": "http://①②⑦.⓪.⓪.①:PORT/",
    "wide digits": "http://\uff11\uff12\uff17.0.0.1:PORT/",
    "ideographic dots": "http://127。0。0。1:PORT/",
    "wide letters": "http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54:PORT/",
    "long s": "http://localho\u017ft:PORT/",
    "percent-encoded": "http://%31%32%37.0.0.1:PORT/",
    "percent-encoded dot": "http://127%2e0%2e0%2e1:PORT/",
    "tab": "http://127.0.0.1\t:PORT/",
    "newline in the host": "http://127.0.\n0.1:PORT/",
    "newline at the end": "http://example.com/\n",
    "header": "http://example.com/ HTTP/1.1\r\nHost: 127.0.0.1",
    "leading space": " http://127.0.0.1:PORT/",
    "null": "http://127.0.0.1\x00.example.com/",
    "file": "file:///etc/passwd",
    "ftp": "ftp://example.com/",
    "gopher": "gopher://127.0.0.1:PORT/",
    "data": "data:text/plain,hello",
    "jar": "jar:http://127.0.0.1:PORT/!/",
    "port of a mail server": "http://example.com:25/",
    "port beyond": "http://example.com:65616/",
    "port of none": "http://example.com:0/",
    "no host": "http:///path",
    "empty label": "http://example..com/",
    "half a character": "http://example.com/\ud800",
}

PRIVATE = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%lo", "::ffff:10.0.0.1"]


@pytest.fixture(scope="module")
def inside() -> Iterator[Served]:
    """A server that nobody outside should reach."""
    with serving(b"the crown jewels") as served:
        yield served


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What names lead to, look-up by look-up; the last stays."""
    answers: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **options: Any) -> Any:
        if host not in answers:
            return real(host, port, *args, **options)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


def reach(url: str, policy: Policy) -> bytes:
    with request(read(url), policy) as answer:
        return b"".join(answer.blocks)


class TestTricks:
    @pytest.mark.parametrize("url", TRICKS.values(), ids=TRICKS.keys())
    def test_are_refused_by_the_url_alone(self, inside: Served, url: str) -> None:
        everywhere = (80, 443, inside.port)  # the ports are not what stops them
        ports = (80, 443) if "example.com" in url else everywhere

        with pytest.raises(AddressRefused):
            Policy(ports=ports).check(read(url.replace("PORT", str(inside.port))))

        assert inside.asked == []

    @pytest.mark.parametrize("address", PRIVATE)
    def test_names_that_lead_inside_are_not_connected_to(
        self, inside: Served, names: dict[str, list[list[str]]], address: str
    ) -> None:
        names["video.example.org"] = [[address]]

        with pytest.raises(AddressRefused):
            reach(inside.url(host="video.example.org"), Policy(ports=(inside.port,)))

        assert inside.asked == []

    def test_one_address_inside_refuses_all(
        self, inside: Served, names: dict[str, list[list[str]]]
    ) -> None:
        names["video.example.org"] = [["93.184.215.14", "127.0.0.1"]]

        with pytest.raises(AddressRefused):
            reach(inside.url(host="video.example.org"), Policy(ports=(inside.port,)))

        assert inside.asked == []

    def test_the_checked_address_is_the_one_connected_to(
        self,
        inside: Served,
        names: dict[str, list[list[str]]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A name that leads elsewhere at the second look finds that there is none."""
        names["video.example.org"] = [["93.184.215.14"], ["127.0.0.1"]]
        connected: list[str] = []

        def connect(address: tuple[str, int], *args: Any, **options: Any) -> None:
            connected.append(address[0])
            raise OSError("unreachable in a test")

        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(Exception, match="unreachable"):
            reach(inside.url(host="video.example.org"), Policy(ports=(inside.port,)))

        assert connected == ["93.184.215.14"]
        assert inside.asked == []


class TestRedirects:
    @pytest.mark.parametrize(
        "location",
        [
            "http://169.254.169.254/latest/",
            "//127.8.8.8:PORT/",
            "http://0x7f000001:PORT/",
            "http://user@127.0.0.1:PORT/inner",
            "file:///etc/passwd",
            "http://[::ffff:127.0.0.2]:PORT/",
            "http://127.0.0.2:PORT\\@127.0.0.1/",
            "http://[::1",
            "http://[a].example.com/",
        ],
    )
    def test_are_checked_as_the_first_address_was(self, location: str) -> None:
        with serving() as outside, serving(b"the crown jewels") as inner:
            there = location.replace("PORT", str(inner.port))
            outside.respond["/"] = lambda handler: handler.answer(302, Location=there)

            with pytest.raises(AddressRefused):
                reach(outside.url("/"), Policy(allow=("127.0.0.1",)))

            assert inner.asked == []

    def test_are_followed_five_times(self) -> None:
        def onward(handler: Handler) -> None:
            handler.answer(302, Location=f"hop{int(handler.path[4:]) + 1}")

        with serving(b"here") as served:
            served.respond = {f"/hop{number}": onward for number in range(5)}
            assert reach(served.url("/hop0"), Policy(allow=("127.0.0.1",))) == b"here"

            served.respond["/hop5"] = onward
            with pytest.raises(StageError, match="more than 5"):
                reach(served.url("/hop0"), Policy(allow=("127.0.0.1",)))

    def test_never_give_up_encryption(self) -> None:
        with pytest.raises(StageError, match="plain http"):
            follow(read("https://example.com/clip.mp4"), "http://example.com/clip.mp4")

        assert str(follow(read("https://example.com/a/b.mp4"), "c.mp4")).endswith("/a/c.mp4")

    def test_to_what_is_none_are_told_from_an_address_that_is_none(self) -> None:
        with pytest.raises(AddressRefused, match=r"example\.com redirects to .* It must be http"):
            follow(read("https://example.com/clip.mp4"), "file:///etc/passwd")


class TestPolicy:
    @pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "localhost"])
    def test_reaches_what_is_allowed_at_any_port(self, entry: str) -> None:
        with serving(b"a clip") as served:
            host = "localhost" if entry == "localhost" else "127.0.0.1"

            assert reach(served.url(host=host), Policy(allow=(entry,))) == b"a clip"

    def test_goes_through_no_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with serving(b"a clip") as served, serving(b"a proxy's") as proxy:
            monkeypatch.setenv("http_proxy", proxy.url("/"))
            monkeypatch.setenv("ALL_PROXY", proxy.url("/"))

            assert reach(served.url(), Policy(allow=("127.0.0.1",))) == b"a clip"
            assert proxy.asked == []

    def test_sends_the_name_to_the_address_it_checked(
        self, names: dict[str, list[list[str]]]
    ) -> None:
        names["video.example.org"] = [["127.0.0.1"]]
        with serving(b"a clip") as served:
            reach(served.url("/a%20b?c=d", "video.example.org"), Policy(allow=("127.0.0.0/8",)))

            path, headers = served.asked[0]
            assert path == "/a%20b?c=d"
            assert headers["Host"] == f"video.example.org:{served.port}"


class TestRead:
    @pytest.mark.parametrize(
        ("url", "target"),
        [
            ("http://example.com", "http://example.com/"),
            ("HTTPS://Example.COM:443/A?b#c", "https://example.com/A?b"),
            ("http://example.com./a", "http://example.com/a"),
            ("http://example.com?a=b", "http://example.com/?a=b"),
            (
                "http://example.com:8080/Ä b".replace(" ", "%20"),
                "http://example.com:8080/%C3%84%20b",
            ),
            ("http://[2606:4700::0001]/", "http://[2606:4700::1]/"),
            ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ],
    )
    def test_understands_what_people_write(self, url: str, target: str) -> None:
        assert str(read(url)) == target

    def test_names_the_file(self) -> None:
        assert read("https://example.com/a/B%C3%A4r.mp4?x=/y").filename == "Bär.mp4"


class TestPublic:
    @pytest.mark.parametrize(
        "address", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
    )
    def test_hosts_of_the_internet_are(self, address: str) -> None:
        assert is_public(ip_address(address))
