"""A browser for more than one site, without scripts: a jar of cookies for each host, SameSite as browsers hold it, forms as they stand in pages."""
from urllib.parse import urlencode, urljoin, urlsplit

from browser import fetch


class Web:
    def __init__(self):
        self.jar, self.trail = {}, []

    def send(self, method, url, body=None, origin=None):
        at = urlsplit(url)
        cross = origin is not None and urlsplit(origin).hostname != at.hostname
        cookies = self.jar.setdefault(at.hostname, {})
        sent = {k: v for k, (v, site) in cookies.items() if not (cross and method == "POST" and site != "none")}
        fields = {"User-Agent": "Mozilla/5.0 Firefox/128.0", "Accept": "text/html", "Host": at.netloc}
        if sent:
            fields["Cookie"] = "; ".join(f"{k}={v}" for k, v in sent.items())
        if body is not None:
            fields["Content-Type"] = "application/x-www-form-urlencoded"
            fields["Origin"] = f"{urlsplit(origin or url).scheme}://{urlsplit(origin or url).netloc}"
            fields["Sec-Fetch-Site"] = "cross-site" if cross else "same-origin"
        page = fetch(url, at.port, method, body, fields)
        for line in page.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            low = line.lower()
            if "max-age=0" in low or "1970" in low or value == "deleted":
                cookies.pop(name, None)
            else:
                cookies[name] = (value, "none" if "samesite=none" in low else "lax")
        self.trail.append(f"{method} {url.split('?')[0]} {page.status}")
        return page

    def get(self, url):
        return self.settle(self.send("GET", url))

    def settle(self, page):
        """Follows redirects, and forms that a script would send, to a page that waits for somebody."""
        for _ in range(20):
            if page.status in (301, 302, 303, 307):
                page = self.send("GET", urljoin(page.url, page.location))
                continue
            carried = [f for f in page.parsed.forms if {"SAMLRequest", "SAMLResponse"} & set(f["fields"])]
            if not carried:
                return page
            page = self.submit(page, carried[0], follow=False)
        raise AssertionError("no end: " + "\n".join(self.trail[-20:]))

    def submit(self, page, form, follow=True, **values):
        to = urljoin(page.url, form["action"] or "")
        fields = {k: v for k, v in {**form["fields"], **values}.items() if k}
        answer = self.send("POST", to, urlencode(fields), origin=page.url)
        return self.settle(answer) if follow else answer

    def form_with(self, page, *names):
        found = [f for f in page.parsed.forms if set(names) <= set(f["fields"])]
        assert found, f"{page!r}\n" + "\n".join(self.trail[-12:])
        return found[0]
