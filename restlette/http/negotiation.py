"""Content negotiation: which of the representations on offer a client takes.

The story starts at `select`, for media types and Accept; `select_codings` is the same
for content codings and Accept-Encoding. They are functions from values to a value, and
remember their last answers, since clients of one kind send one Accept.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from restlette.http.media import MediaType, Parameters, parse_parameters
from restlette.http.methods import TCHAR

__all__ = ["select", "select_codings"]

# The bounds of what is remembered: so many answers, to fields of so many bytes.
REMEMBERED = 512
REMEMBERED_LENGTH = 1024

# RFC 9110 section 12.5.1:
#   Accept      = [ ( media-range [ weight ] ) *( OWS "," OWS ( media-range
#                 [ weight ] ) ) ]
#   media-range = ( "*/*" / ( type "/*" ) / ( type "/" subtype ) ) parameters
# A member ends at a comma outside of quotes; a quote that is never closed takes the
# rest with it. Possessive throughout, so that the time is linear.
_members = re.compile(
    rf"[ \t,]*+(?:({TCHAR}++/{TCHAR}++)[ \t]*+(?=[;,]|\Z))?+"
    r'((?:[^",]|"(?:[^"\\]|\\.)*+(?:"|\\?\Z))*+)',
    re.DOTALL,
).finditer

# RFC 9110 section 12.4.2:
#   weight = OWS ";" OWS "q=" qvalue
#   qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
# NOTE: ".2" is read too: Java's HttpURLConnection has always sent "*/*; q=.2".
_qvalue = re.compile(r"0?\.[0-9]{1,3}|0\.?|1(?:\.0{0,3})?").fullmatch


def select(accept: bytes | None, offers: tuple[str, ...]) -> int | None:
    """Choose the representation that a client likes best.

    Each offer has the weight of the most specific range that covers it; the greatest
    weight wins, and among equals the one that is offered first.

    Args:
        accept: The Accept field's value, its lines joined with commas; None when the
            request has none. Members that do not fit the grammar, or whose weight does
            not, are passed over.
        offers: The media types on offer, the server's favourite first.

    Returns:
        The index of an offer. 0 when the field is absent, empty, or has no member that
        fits: such a client takes anything. None when it takes none of the offers.

    Source: RFC 9110 section 12.5.1.
    """
    if not accept or accept == b"*/*":
        return 0
    if len(accept) > REMEMBERED_LENGTH:
        return _select(accept, offers)
    return _remembered(accept, offers)


def _select(accept: bytes, offers: tuple[str, ...]) -> int | None:
    types = [MediaType.from_header(offer) for offer in offers]
    # For each offer: how specific the range was that decided, and its weight.
    decided = [(-1, 0.0)] * len(offers)
    junk = True
    for media_range, weight in _ranges(accept.decode("latin-1"), _covering(types)):
        junk = False
        if media_range is None:
            continue
        rank = _specificity(media_range)
        for index, offer in enumerate(types):
            if decided[index] < (rank, weight) and media_range.matches(offer):
                decided[index] = (rank, weight)
    if junk:
        return 0
    best = max([weight for _, weight in decided], default=0.0)
    # RFC 9110 section 12.4.2: "a value of 0 means not acceptable".
    return next(i for i, d in enumerate(decided) if d[1] == best) if best else None


def _covering(types: list[MediaType]) -> set[str]:
    # The ranges, without parameters, that could cover one of the types.
    ranges = {"*/*"}
    for offer in types:
        ranges |= {f"{offer.type}/*", offer.essence}
    return ranges


def _ranges(accept: str, wanted: set[str]) -> Iterator[tuple[MediaType | None, float]]:
    # Each member that fits the grammar: the range and its weight. PERF: of a range that
    # is not wanted nothing is made, since a field may have ten thousand.
    for member in _members(accept):
        essence, text = member[1], member[2]
        if essence is None or (essence.startswith("*/") and essence != "*/*"):
            continue
        try:
            parameters = parse_parameters(text) if text else ()
            weight = _weight(parameters)
            if essence.lower() in wanted:
                yield _range(essence, parameters), weight
            else:
                yield None, weight
        except ValueError:
            continue


def _weight(parameters: Parameters) -> float:
    # RFC 9110 section 12.5.1: "Recipients SHOULD process any parameter named "q" as
    # weight, regardless of parameter ordering."
    for name, value in parameters:
        if name == "q":
            if _qvalue(value) is None:
                raise ValueError("a weight is 0 to 1 (RFC 9110 12.4.2)")
            return float(value)
    return 1.0


def _range(essence: str, parameters: Parameters) -> MediaType:
    # NOTE: clients ask for "application/json; charset=utf-8", a type that nobody
    # offers; all that is written here is UTF-8 unless an offer says so.
    main, _, subtype = essence.partition("/")
    kept = [
        (name, value)
        for name, value in parameters
        if name != "q" and (name, value.lower()) != ("charset", "utf-8")
    ]
    return MediaType(main, subtype, kept)


def _specificity(media_range: MediaType) -> int:
    # RFC 9110 section 12.5.1: "the most specific reference has precedence".
    if media_range.type == "*":
        return 0
    if media_range.subtype == "*":
        return 1
    return 2 + len(media_range.parameters)


_remembered = lru_cache(maxsize=REMEMBERED)(_select)

# RFC 9110 section 12.5.3:
#   Accept-Encoding = [ ( codings [ weight ] ) *( OWS "," OWS ( codings [ weight ] ) ) ]
#   codings         = content-coding / "identity" / "*"
_coding = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]++)"
    rb"(?:[ \t]*+;[ \t]*+[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?+"
).fullmatch


def select_codings(
    accept_encoding: bytes, offers: tuple[bytes, ...]
) -> tuple[bytes, ...]:
    """Choose the content codings that a client likes no less than plain content.

    Args:
        accept_encoding: The Accept-Encoding field's value, its lines joined with
            commas. Members that do not fit the grammar, a weight of 2 for example, are
            passed over.
        offers: The codings on offer, the server's favourite first.

    Returns:
        Those that are acceptable: named, or covered by ``*``, with a weight greater
        than 0, and at least that of ``identity`` if that has one. The best first, and
        among equals the one that is offered first.

    Source: RFC 9110 section 12.5.3.
    """
    if len(accept_encoding) > REMEMBERED_LENGTH:
        return _select_codings(accept_encoding, offers)
    return _remembered_codings(accept_encoding, offers)


def _select_codings(
    accept_encoding: bytes, offers: tuple[bytes, ...]
) -> tuple[bytes, ...]:
    weights: dict[bytes, float] = {}
    for member in accept_encoding.split(b","):
        match = _coding(member.strip(b" \t"))
        if match is not None:
            coding, weight = match.groups()
            weights.setdefault(coding.lower(), 1.0 if weight is None else float(weight))
    # RFC 9110 section 8.4.1.3: "A recipient SHOULD consider "x-gzip" to be equivalent
    # to "gzip"."
    if b"x-gzip" in weights:
        weights.setdefault(b"gzip", weights[b"x-gzip"])
    rest, plain = weights.get(b"*", 0.0), weights.get(b"identity", 0.0)
    liked = [(weights.get(offer, rest), offer) for offer in offers]
    liked = [(weight, offer) for weight, offer in liked if weight and weight >= plain]
    return tuple([offer for _, offer in sorted(liked, key=lambda pair: -pair[0])])


_remembered_codings = lru_cache(maxsize=REMEMBERED)(_select_codings)
