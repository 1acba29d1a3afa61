"""The edge: a shared cache in front of the API; what it may do, as data that every kind of it is made from.

    python -m deploy.edge vcl 127.0.0.1:8000 [SECRET]    what Varnish is configured with
    python -m deploy.edge function                       what CloudFront runs for each request

`RULES` says which requests are answered from the cache and what the key is; CloudFront's policies and
function (deploy/edge_cloudfront.py) and Varnish's VCL are generated from it. How long an answer is kept is
not said here: the API's Cache-Control says so (chalicelib/jsonapi/http/delivery.py), and else nothing is.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chalicelib.jsonapi.http.delivery import SECRETS
from chalicelib.limits.source import HOST, PROOF, VIEWER


@dataclass(frozen=True, slots=True)
class Rules:
    """What a shared cache goes by. Names of headers and parameters are lower case.

    methods      are looked up in the cache; others pass by
    statuses     of answers that are kept, if the API shares them; others never are
    credentials  headers with which a request passes by
    secrets      query parameters with which a request passes by
    key          headers that the key has, besides path and sorted query
    passed_on    headers of a request that is looked up which reach the API; others are dropped, as an answer
                 that depended on one would be told to those who sent another
    marker       header that makes the key of a request that passes by its own
    viewer       header that tells the API the client's address
    host         header that tells the API the edge's own host, which links are to name
    proof        header that proves to the API that the edge wrote them
    """

    methods: tuple[str, ...]
    statuses: tuple[int, ...]
    credentials: tuple[str, ...]
    secrets: tuple[str, ...]
    key: tuple[str, ...]
    passed_on: tuple[str, ...]
    marker: str
    viewer: str
    host: str
    proof: str


RULES: Final = Rules(
    methods=("GET", "HEAD"),
    statuses=(200, 304, 404),
    credentials=("authorization", "cookie"),
    secrets=tuple(sorted(SECRETS)),
    key=("accept",),
    passed_on=("accept", "accept-encoding", "host", "if-none-match"),
    marker="x-edge-pass",
    viewer=VIEWER,
    host=HOST,
    proof=PROOF,
)
# What Varnish is told to drop: its language cannot list what it does not know.
_DROPPED: Final = (
    *("accept-language", "content-encoding", "forwarded", "if-match", "if-modified-since"),
    *("if-unmodified-since", "range", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port"),
    *("x-forwarded-proto", "x-http-method-override", "x-original-url", "x-rewrite-url"),
)


def function(rules: Rules = RULES, host: str = "event.context.distributionDomainName") -> str:
    """JavaScript for CloudFront Functions (runtime 2.0), run for each request before the cache is asked.

    `host` is an expression for what links are to name: never what a viewer says, as no key has it.
    """
    return f"""\
var METHODS = {_object(rules.methods)};
var SECRETS = {_object(rules.secrets)};
var PASSED_ON = {_object(rules.passed_on)};

function pairs(query) {{
  var found = [];
  Object.keys(query).forEach(function (name) {{
    (query[name].multiValue || [query[name]]).forEach(function (given) {{
      found.push(name + '=' + given.value);
    }});
  }});
  return found;
}}

function handler(event) {{
  var request = event.request, headers = request.headers, query = request.querystring;
  delete headers['{rules.marker}'];
  delete headers['{rules.proof}'];
  var passes = !METHODS[request.method] || Object.keys(request.cookies).length > 0;
  {_credentials(rules)}
  Object.keys(query).forEach(function (name) {{
    var plain = name;
    try {{
      plain = decodeURIComponent(name);
    }} catch (mistake) {{
      passes = true;
    }}
    if (SECRETS[plain]) passes = true;
  }});
  if (passes) {{
    headers['{rules.marker}'] = {{value: event.context.requestId}};
  }} else {{
    Object.keys(headers).forEach(function (name) {{
      if (!PASSED_ON[name]) delete headers[name];
    }});
    request.querystring = pairs(query).sort().join('&');
  }}
  headers['{rules.viewer}'] = {{value: event.viewer.ip}};
  headers['{rules.host}'] = {{value: {host}}};
  return request;
}}
"""


def _credentials(rules: Rules) -> str:
    tests = " || ".join(f"headers['{name}']" for name in rules.credentials)
    return f"if ({tests}) passes = true;"


def _object(names: tuple[str, ...]) -> str:
    return json.dumps(dict.fromkeys(names, 1), separators=(",", ":"))


def vcl(api: str, secret: str = "", rules: Rules = RULES, own: str = "") -> str:
    """VCL 4.1 for Varnish 6 and newer, in front of the API at host:port; start it with -p default_grace=0.

    `secret` is EDGE_SECRET of the API, without which the API limits all clients as one. `own` is the edge's
    host, which links name (https); without it they name what the client has asked at, which the key has.
    """
    host, _, port = api.rpartition(":")
    proof = f'set bereq.http.{rules.proof} = "{secret}";' if secret else "# no secret"
    name = f'set bereq.http.{rules.host} = "{own}";' if own else "# no host"
    passes = "\n        || ".join(
        [
            *(f"req.http.{name}" for name in rules.credentials),
            f'req.url ~ "(?i)[?&]({"|".join(map(_escaped, rules.secrets))})(=|&|$)"',
        ]
    )
    methods = " && ".join(f'req.method != "{method}"' for method in rules.methods)
    statuses = " && ".join(f"beresp.status != {status}" for status in rules.statuses)
    return f"""\
vcl 4.1;

import std;

backend default {{
    .host = "{host}";
    .port = "{port}";
}}

sub vcl_recv {{
    unset req.http.{rules.marker};
    unset req.http.{rules.proof};
    unset req.http.{rules.host};
    set req.http.{rules.viewer} = client.ip;
    if ({methods}) {{
        return (pass);
    }}
    if ({passes}) {{
        return (pass);
    }}
    {_lines(f"unset req.http.{name};" for name in _DROPPED)}
    set req.url = std.querysort(req.url);
    return (hash);
}}

sub vcl_hash {{
    hash_data(req.url);
    hash_data(req.http.host);
    {_lines(f"hash_data(req.http.{name});" for name in rules.key)}
    return (lookup);
}}

sub vcl_backend_fetch {{
    {proof}
    {name}
}}

sub vcl_backend_response {{
    if (bereq.uncacheable || beresp.http.Set-Cookie
        || ({statuses})
        || beresp.http.Cache-Control !~ "(^|[, ])public($|[, ])"
        || beresp.http.Cache-Control ~ "(no-store|private|no-cache)") {{
        set beresp.uncacheable = true;
        set beresp.ttl = 1s;
        set beresp.grace = 0s;
        return (deliver);
    }}
    set beresp.keep = 0s;
    set beresp.grace = 0s;
    if (beresp.http.Cache-Control ~ "stale-while-revalidate=[0-9]+") {{
        set beresp.grace = std.duration(regsub(beresp.http.Cache-Control,
            "^.*stale-while-revalidate=([0-9]+).*$", "\\1") + "s", 0s);
    }}
    return (deliver);
}}

sub vcl_backend_error {{
    set beresp.http.Cache-Control = "no-store";
    return (deliver);
}}

sub vcl_deliver {{
    if (obj.uncacheable) {{
        set resp.http.X-Cache = "Pass";
    }} else if (obj.hits > 0) {{
        set resp.http.X-Cache = "Hit";
    }} else {{
        set resp.http.X-Cache = "Miss";
    }}
}}
"""


def _lines(statements: Iterable[str]) -> str:
    return "\n    ".join(statements)


def _escaped(name: str) -> str:
    """The name as a regular expression for it in a query, in which any letter may be percent-encoded."""
    return "".join(f"({letter}|%{ord(letter):02x}|%{ord(letter.upper()):02x})" for letter in name)


def main(arguments: list[str]) -> int:
    """Print what is asked for; the exit code."""
    match arguments:
        case ["function"]:
            print(function(), end="")
        case ["vcl", api] | ["vcl", api, _] | ["vcl", api, _, _]:
            secret, own, *_ = (*arguments[2:], "", "")
            print(vcl(api, secret, own=own), end="")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
