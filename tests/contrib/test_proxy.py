"""What a proxy of ours says of a request, and nobody else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import Request, Restlette
from restlette.contrib.proxy import ProxyHeadersMiddleware
from restlette.http.urls import URL
from restlette.testing import TestClient, call
from tests.contrib.around import each_app, exchange, http_scope
from tests.http.stopwatch import seconds

ALL = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port")
PEER = ("10.0.0.1", 4000)
TRUSTED = ["10.0.0.0/8", "fd00::/8"]


def corrected(
    *fields: tuple[str, str],
    believed: Any = ALL,
    trusted: Any = TRUSTED,
    **changes: Any,
) -> dict[str, Any]:
    """The scope that the application is given."""
    seen: list[Any] = []

    async def app(scope, receive, send) -> None:
        seen.append(scope)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in fields]
    scope = http_scope(
        raw,
        **{"client": PEER, "server": ("10.0.0.9", 8000), "scheme": "http"} | changes,
    )
    exchange(ProxyHeadersMiddleware(app, trusted, fields=believed), scope)
    # In place, as every annotation of the scope.
    assert seen == [scope]
    return scope


def forwarded(*lines: str, **changes: Any) -> dict[str, Any]:
    fields = [("forwarded", line) for line in lines]
    return corrected(*fields, believed=["forwarded"], **changes)


def x_for(value: str, **changes: Any) -> Any:
    return corrected(("x-forwarded-for", value), **changes)["client"]


@each_app
def test_an_application_behind_a_proxy_answers(make) -> None:
    app = ProxyHeadersMiddleware(make(), TRUSTED)
    headers = {"x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https"}
    assert call(app, headers=headers, client=PEER).status_code == 200


def test_a_resource_sees_the_client_and_the_url_that_it_asked_for() -> None:
    app = Restlette()

    @app.route("/where")
    async def where(request: Request) -> dict[str, Any]:
        assert request.client is not None
        return {"client": request.client.host, "url": request.url}

    outer = ProxyHeadersMiddleware(app, TRUSTED, fields=ALL)
    headers = {
        "x-forwarded-for": "192.0.2.1",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "shop.example:444",
    }
    response = call(outer, path="/where?a=b", headers=headers, client=PEER)
    url = "https://shop.example:444/where?a=b"
    assert response.json() == {"client": "192.0.2.1", "url": url}


@pytest.mark.parametrize(
    "value, client",
    [
        pytest.param(value, client, id=f"proxy-22-{label}")
        for label, value, client in [
            ("one", "192.0.2.1", ("192.0.2.1", 0)),
            ("spoofed", "1.1.1.1, 192.0.2.1", ("192.0.2.1", 0)),
            ("hops", "1.1.1.1, 192.0.2.1 ,10.1.1.1,\t10.2.2.2", ("192.0.2.1", 0)),
            ("50-hops", "192.0.2.1" + ", 10.0.0.2" * 50, ("192.0.2.1", 0)),
            ("too-many", "192.0.2.1" + ", 10.0.0.2" * 64, ("10.0.0.2", 0)),
            ("all-ours", "10.3.3.3, 10.2.2.2", ("10.3.3.3", 0)),
            ("port", "192.0.2.1:1234", ("192.0.2.1", 1234)),
            ("bad-port", "192.0.2.1:99999", ("192.0.2.1", 0)),
            ("hidden-port", "192.0.2.1:_x", ("192.0.2.1", 0)),
            ("ipv6", "2001:db8::1", ("2001:db8::1", 0)),
            ("ipv6-brackets", "[2001:DB8::1]", ("2001:db8::1", 0)),
            ("ipv6-port", "[2001:db8::1]:80", ("2001:db8::1", 80)),
            ("ipv6-ours", "192.0.2.1, fd00::1", ("192.0.2.1", 0)),
            ("mapped-ours", "192.0.2.1, ::ffff:10.0.0.2", ("192.0.2.1", 0)),
            ("unknown", "unknown", PEER),
            ("unknown-left", "unknown, 10.2.2.2", ("10.2.2.2", 0)),
            ("junk", "<script>", PEER),
            ("empty", "", PEER),
            ("empty-right", "192.0.2.1,", PEER),
            ("commas", "," * 500, PEER),
            ("zone", "fe80::1%eth0", PEER),
            ("zone-brackets", "[fe80::1%eth0]", PEER),
            ("zeros", "010.0.0.1", PEER),
            ("digits", "1" * 400, PEER),
            ("number", "3221225985", PEER),
            ("high", "\xff\xfe", PEER),
            ("colons", ":" * 30_000, PEER),
        ]
    ],
)
def test_the_client_is_the_right_most_hop_that_is_not_ours(value, client) -> None:
    assert x_for(value) == client


@pytest.mark.parametrize("area", [pytest.param(0, id="proxy-22-lines")])
def test_several_lines_are_one_list(area) -> None:
    lines = ("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.1, 10.1.1.1")
    assert corrected(*lines)["client"] == ("192.0.2.1", 0)


@pytest.mark.parametrize(
    "client",
    [
        pytest.param(client, id=f"proxy-22-untrusted-{client}")
        for client in (("192.0.2.9", 1), ("testclient", 1), ("", 1), None)
    ],
)
@pytest.mark.parametrize("believed", [ALL, ("forwarded",)], ids=["x", "rfc"])
def test_a_peer_that_is_not_ours_is_not_believed(client, believed) -> None:
    fields = [
        ("host", "ours.example"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-port", "1"),
        ("forwarded", "for=192.0.2.1;proto=https;host=evil.example"),
    ]
    scope = corrected(*fields, believed=believed, client=client)
    assert scope["client"] == client
    assert scope["scheme"] == "http"
    assert str(URL(scope=scope)) == "http://ours.example/"


@pytest.mark.parametrize(
    "peer", [("10.0.0.1", 1), ("::ffff:10.0.0.1", 1), ("fd00::1", 1)]
)
def test_a_peer_of_ours_is_believed(peer) -> None:
    assert x_for("192.0.2.1", client=peer) == ("192.0.2.1", 0)


@pytest.mark.parametrize("peer", [None, ("", 0)])
def test_a_socket_in_the_file_system_is_trusted_by_name(peer) -> None:
    assert x_for("192.0.2.1", client=peer, trusted=["unix"]) == ("192.0.2.1", 0)


@pytest.mark.parametrize("peer", [("127.0.0.1", 1), ("::1", 1)])
def test_a_proxy_on_this_machine_is_trusted_by_default(peer) -> None:
    seen = []

    async def app(scope, receive, send) -> None:
        seen.append((scope["client"], scope["scheme"], dict(scope["headers"])))

    headers = [
        (b"host", b"ours.example"),
        (b"x-forwarded-for", b"192.0.2.1"),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-host", b"evil.example"),
    ]
    exchange(ProxyHeadersMiddleware(app), http_scope(headers, client=peer))
    # The host is believed only where it was said that the proxy sets it.
    assert seen == [(("192.0.2.1", 0), "https", dict(headers))]


@pytest.mark.parametrize("area", [pytest.param(0, id="headers-in-23")])
def test_an_underscore_is_not_a_hyphen(area) -> None:
    fields = ("x_forwarded_for", "1.1.1.1"), ("X_FORWARDED_FOR", "1.1.1.1")
    assert corrected(*fields)["client"] == PEER


@pytest.mark.parametrize(
    "fields, scheme",
    [
        ([("x-forwarded-proto", "https")], "https"),
        ([("x-forwarded-proto", "HTTPS")], "https"),
        ([("x-forwarded-proto", "wss")], "https"),
        ([("x-forwarded-proto", "javascript")], "http"),
        ([("x-forwarded-proto", "")], "http"),
        ([("x-forwarded-proto", "https, http")], "http"),
        (
            [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "https, http")],
            "http",
        ),
        (
            [
                ("x-forwarded-for", "192.0.2.1, 10.2.2.2"),
                ("x-forwarded-proto", "https, http"),
            ],
            "https",
        ),
        (
            [
                ("x-forwarded-for", "192.0.2.1, 10.2.2.2"),
                ("x-forwarded-proto", "http, https, http"),
            ],
            "https",
        ),
        (
            [
                ("x-forwarded-for", "192.0.2.1, 10.2.2.2, 10.3.3.3"),
                ("x-forwarded-proto", "https"),
            ],
            "https",
        ),
    ],
)
def test_the_scheme_is_what_the_proxy_next_to_the_client_saw(fields, scheme) -> None:
    assert corrected(*fields)["scheme"] == scheme


def test_a_websocket_has_the_schemes_of_websockets() -> None:
    for proto, scheme in (("https", "wss"), ("http", "ws"), ("wss", "wss")):
        scope = corrected(("x-forwarded-proto", proto), type="websocket", scheme="ws")
        assert scope["scheme"] == scheme


@pytest.mark.parametrize(
    "fields, url, server",
    [
        ([("x-forwarded-host", "a.example")], "http://a.example/", ("a.example", 80)),
        (
            [("x-forwarded-host", "a.example"), ("x-forwarded-proto", "https")],
            "https://a.example/",
            ("a.example", 443),
        ),
        (
            [("x-forwarded-host", "a.example:81")],
            "http://a.example:81/",
            ("a.example", 81),
        ),
        (
            [("x-forwarded-host", "a.example:81"), ("x-forwarded-port", "82")],
            "http://a.example:82/",
            ("a.example", 82),
        ),
        (
            [("x-forwarded-host", "[::1]:81"), ("x-forwarded-port", "80")],
            "http://[::1]/",
            ("::1", 80),
        ),
        ([("x-forwarded-host", "[::1]")], "http://[::1]/", ("::1", 80)),
        ([("x-forwarded-host", "a.example:")], "http://a.example/", ("a.example", 80)),
        ([("x-forwarded-port", "82")], "http://ours.example:82/", ("ours.example", 82)),
        *(
            ([("x-forwarded-port", port)], "http://ours.example:8000/", None)
            for port in ("0", "65536", "-1", "x", "", "8" * 400)
        ),
        *(
            ([("x-forwarded-host", host)], "http://ours.example:8000/", None)
            for host in ("a@evil", "a/?", "a, b@c", "", "\xff", "a" * 300)
        ),
    ],
)
def test_host_and_url_agree(fields, url, server) -> None:
    scope = corrected(("host", "ours.example:8000"), *fields)
    assert str(URL(scope=scope)) == url
    assert scope["server"] == (server or ("10.0.0.9", 8000))
    assert [name for name, _ in scope["headers"]].count(b"host") == 1


@pytest.mark.parametrize("hosts", [[], ["a@b"], ["a", "b"]])
def test_a_port_without_a_host_to_put_it_to_is_dropped(hosts) -> None:
    fields = [("host", host) for host in hosts]
    scope = corrected(*fields, ("x-forwarded-port", "82"))
    assert scope["server"] == ("10.0.0.9", 8000)


def test_two_hosts_become_the_forwarded_one() -> None:
    scope = corrected(("host", "a"), ("host", "b"), ("x-forwarded-host", "c"))
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"c"]


@pytest.mark.parametrize(
    "line, client, scheme, host",
    [
        pytest.param(*row, id=f"proxy-22-{row[0][:40]}")
        for row in [
            ("for=192.0.2.1", "192.0.2.1", "http", None),
            ("For=192.0.2.1; Proto=HTTPS", "192.0.2.1", "https", None),
            ('for="[2001:db8::1]:4711"', "2001:db8::1", "http", None),
            ("for=[2001:db8::1]:4711", "2001:db8::1", "http", None),
            (
                'for=192.0.2.1;by=203.0.113.43;host="a.example:81"',
                "192.0.2.1",
                "http",
                "a.example:81",
            ),
            (
                "for=192.0.2.1;proto=https, for=10.2.2.2;proto=http",
                "192.0.2.1",
                "https",
                None,
            ),
            ("for=1.1.1.1;proto=https, for=192.0.2.1", "192.0.2.1", "http", None),
            ('for="1.1.1.1, for=192.0.2.1', "192.0.2.1", "http", None),
            ('for=1.1.1.1", for=192.0.2.1', "192.0.2.1", "http", None),
            ('x="a, b", for=192.0.2.1;x="c, d"', "192.0.2.1", "http", None),
            ('for="192.0.2.1";;', "192.0.2.1", "http", None),
            ("for=unknown;proto=https", None, "https", None),
            ("for=_hidden", None, "http", None),
            ("for=192.0.2.1;for=1.1.1.1", None, "http", None),
            ("for=192.0.2.1;junk", None, "http", None),
            ("for = 192.0.2.1", None, "http", None),
            (r'for="192.0.2.1\""', None, "http", None),
            ('"', None, "http", None),
            ("", None, "http", None),
            (",,,", None, "http", None),
            ("\xff=\xfe", None, "http", None),
        ]
    ],
)
def test_forwarded_is_read_from_the_right(line, client, scheme, host) -> None:
    scope = forwarded(line)
    assert scope["client"] == (PEER if client is None else scope["client"])
    assert client in (None, scope["client"][0])
    assert scope["scheme"] == scheme
    assert dict(scope["headers"]).get(b"host") == (host.encode() if host else None)


def test_lines_of_forwarded_are_one_list() -> None:
    assert forwarded('for="', "for=192.0.2.1, for=10.1.1.1")["client"][0] == "192.0.2.1"
    assert forwarded("for=192.0.2.1", "for=10.1.1.1")["client"][0] == "192.0.2.1"
    assert forwarded("for=10.2.2.2", "for=10.1.1.1")["client"][0] == "10.2.2.2"


@given(st.lists(st.text(st.characters(max_codepoint=255)), max_size=4))
def test_any_forwarded_is_an_address_or_nothing(lines) -> None:
    assert forwarded(*lines)["client"] == PEER or lines


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ALL),
            st.text(st.sampled_from("0123456789abf.:[], \xff\t%_-"), max_size=40),
        ),
        max_size=6,
    )
)
def test_any_x_forwarded_is_an_address_or_nothing(fields) -> None:
    scope = corrected(*fields)
    host, port = scope["client"]
    assert isinstance(host, str)
    assert 0 <= port < 65536
    assert scope["scheme"] in ("http", "https")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, id=f"proxy-22-{label}")
        for label, value in {
            "hops": "10.0.0.2, " * 20_000,
            "commas": "," * 200_000,
            "quotes": '"' * 200_001,
            "quoted-commas": '",' * 100_001,
            "pairs": "a=b;" * 50_000,
            "backslashes": '"' + "\\" * 200_000,
            "blanks": " " * 200_000,
            "token": "a" * 200_000,
            "brackets": "for=" + "[" * 200_000,
        }.items()
    ],
)
def test_a_long_value_is_read_in_linear_time(value) -> None:
    assert seconds(lambda: forwarded(value)) < 1
    fields = [(name, value) for name in ALL]
    assert seconds(lambda: corrected(*fields)) < 1
    assert seconds(lambda: corrected(*[(ALL[0], "10.0.0.2")] * 20_000)) < 1


def test_what_is_remembered_is_bounded() -> None:
    """caches-120: every client is another address."""
    middleware = ProxyHeadersMiddleware(call, ["10.0.0.0/8"])
    for number in range(3000):
        assert not middleware._is_trusted(f"192.0.{number // 256}.{number % 256}")
    assert middleware._is_trusted.cache_info().currsize == 1024


@pytest.mark.parametrize(
    "options, message",
    [
        ({"trusted": ["proxy.example"]}, "neither an address nor a network"),
        ({"trusted": ["*"]}, "write '0.0.0.0/0' and '::/0'"),
        ({"trusted": ["10.0.0.1/8"]}, "has host bits set"),
        ({"fields": []}, "fields is some of"),
        ({"fields": ["x-real-ip"]}, "fields is some of"),
        ({"fields": ["forwarded", "x-forwarded-for"]}, "forwarded alone"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_start(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        ProxyHeadersMiddleware(call, **options)


@pytest.mark.parametrize("option", ["trusted", "fields"])
def test_a_text_is_not_several(option) -> None:
    with pytest.raises(TypeError, match=f"{option} takes several"):
        ProxyHeadersMiddleware(call, **{option: "10.0.0.1"})


def test_a_lifespan_passes_by() -> None:
    app = Restlette()
    with TestClient(ProxyHeadersMiddleware(app, TRUSTED)) as client:
        assert client.get("/").status_code == 404
