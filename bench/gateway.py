"""nginx auth_request in front of an API: asking jeton against asking another nginx that always answers 204."""
import statistics

import rig
from scene import Scene
from table import Row

ROUNDS, SECONDS = 8, 2

ASK = """
    location / {{ auth_request /_ask; proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    location = /_ask {{ internal; proxy_pass http://asked{path}; proxy_http_version 1.1; proxy_pass_request_body off;
      proxy_set_header Connection ""; proxy_set_header Content-Length ""; proxy_set_header X-Forwarded-Method $request_method;
      proxy_set_header X-Forwarded-Uri $request_uri; proxy_set_header X-Forwarded-For $remote_addr; }}
"""


def upstreams(api, asked):
    return "".join(f"upstream {name} {{ server 127.0.0.1:{port}; keepalive 64; keepalive_requests 1000000000; }}\n" for name, port in (("api", api), ("asked", asked)))


def measure():
    with rig.folder() as at, rig.Nginx(at / "api", "location / { return 200; }") as api, \
         rig.Nginx(at / "yes", "location / { return 204; }") as yes, rig.Jeton(at / "data") as jeton:
        scene = Scene(jeton)
        jeton.settled()
        token = scene.token()["token"]
        with rig.Nginx(at / "one", ASK.format(path="/verify?api=orders"), upstreams(api.port, jeton.port)) as ours, \
             rig.Nginx(at / "two", ASK.format(path="/"), upstreams(api.port, yes.port)) as theirs:
            yield from compare(ours, theirs, jeton, yes, token)


def compare(ours, theirs, jeton, yes, token):
    rates, cpu = {"jeton": [], "nginx": []}, {"jeton": [], "nginx": []}
    fields = {"Authorization": f"Bearer {token}"}
    if rig.status_of(ours.port, "/orders/1") != 401 or rig.status_of(ours.port, "/orders/1", fields) != 200:
        raise RuntimeError("the gateway does not enforce")
    for number in range(ROUNDS):
        for name, front, asked in (("jeton", ours, jeton), ("nginx", theirs, yes)):
            before = asked.cpu()
            load = rig.Load(front.url + "/orders/1", SECONDS, fields)
            if load.refused or load.errors:
                raise RuntimeError(f"{load.refused} refused, {load.errors} errors")
            rates[name].append(load.rate)
            cpu[name].append((asked.cpu() - before) / load.requests * 1e6)
        rig.say(f"round {number + 1} of {ROUNDS}: jeton {rates['jeton'][-1]:.0f}/s, nginx 204 {rates['nginx'][-1]:.0f}/s")
    pairs = [a / b for a, b in zip(rates["jeton"], rates["nginx"])]
    yield Row("gateway", "auth_request asking jeton / asking nginx 204: throughput", statistics.median(pairs), at_least=0.9,
              note=f"median of {ROUNDS} pairs {min(pairs):.2f}-{max(pairs):.2f}; best {max(rates['jeton']):.0f}/s against {max(rates['nginx']):.0f}/s")
    yield Row("gateway", "CPU a question: jeton / nginx 204", min(cpu["jeton"]) / min(cpu["nginx"]),
              note=f"{min(cpu['jeton']):.2f} us against {min(cpu['nginx']):.2f} us")
