"""HTTP to one Writ: the feed page by page, uploads and opinions, bounded against a peer that lies."""

import json
import logging
import re
import time
import typing as t
import urllib.parse
from dataclasses import dataclass

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

START = "0.0"
PAGE = 1000
# More or longer than this in one answer, or this many pages on end that name nothing, is no honest feed.
MAX_BODY = 64 * 1024 * 1024
MAX_SECONDS = 600
MAX_EMPTY_PAGES = 1000
TIMEOUT = (10, 60)


class WritError(Exception):
    """What went wrong between this client and the Writ, and what to do where that is known."""


@dataclass
class Page:
    """Entries as they came, the checkpoint after them, and whether more follows at once.

    `restarted` on the first page after the Writ asked to begin anew.
    """

    entries: t.List[t.Any]
    next: str
    more: bool
    restarted: bool = False


class Bearer(requests.auth.AuthBase):
    """The key, in a form that no `.netrc` takes the place of."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.key}"
        return request


class WritClient:
    """Speaks to the Writ at `base_url` (with or without `/v1`) with one key."""

    def __init__(self, base_url: str, key: str) -> None:
        parts = urllib.parse.urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WritError(f"`{base_url}` is no address of a Writ: it looks like https://hashes.example")
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            logging.warning("the key travels in the clear to `%s`: use https", base_url)
        self.base = re.sub("(/v1)?/*$", "", base_url)
        self.session = requests.Session()
        self.session.auth = Bearer(key)
        # Only GET is sent again. How long to wait is not left to the peer.
        retries = Retry(
            total=4,
            backoff_factor=0.5,
            status_forcelist=[429, 500, 502, 503, 504],
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=retries))

    def pages(self, since: str) -> t.Iterator[Page]:
        """The feed from a checkpoint to its end. Raises `WritError` as soon as a page contradicts the one before."""
        restarted = False
        empty = 0
        while True:
            answer = self._call("GET", "/v1/feed", query={"since": since, "limit": PAGE})
            if "resync" in answer:
                if since == START:
                    raise WritError(f"the Writ asks to begin anew at the very beginning: {str(answer['resync'])[:200]}")
                if restarted:
                    raise WritError(f"the Writ asks to begin anew again and again: {str(answer['resync'])[:200]}")
                logging.warning("the Writ asks to begin anew: %s", str(answer["resync"])[:200])
                since, restarted = START, True
                continue
            page = read_page(answer, since)
            empty = 0 if page.entries else empty + 1
            if empty > MAX_EMPTY_PAGES:
                raise WritError(f"{MAX_EMPTY_PAGES} pages of the feed on end name no entry: stopped at `{since}`")
            page.restarted = restarted and since == START
            since = page.next
            yield page
            if not page.more:
                return

    def give_opinion(self, entry: int, verdict: str, reason: str, labels: t.Sequence[str] = ()) -> None:
        """Says `verdict` (`confirm`, `dispute`, `not-terrorist`, `seen`) of an entry for the key's member."""
        body: t.Dict[str, t.Any] = {"verdict": verdict, "reason": reason}
        if labels:
            body["labels"] = list(labels)
        self._call("POST", f"/v1/entries/{entry}/opinion", body=body)

    def upload(
        self,
        bank: str,
        signals: t.Sequence[t.Tuple[str, str]],
        labels: t.Sequence[str] = (),
        note: t.Optional[str] = None,
    ) -> t.List[int]:
        """Contributes the signals of one piece of content to a bank; gives the numbers of the entries."""
        body: t.Dict[str, t.Any] = {
            "bank": bank,
            "signals": [{"type": kind, "hash": text} for kind, text in signals],
            "labels": list(labels),
        }
        if note is not None:
            body["note"] = note
        entries = self._call("POST", "/v1/entries", body=body).get("entries")
        if not isinstance(entries, list) or not all(type(number) is int for number in entries):
            raise WritError(f"the Writ took the upload, but named its entries as `{str(entries)[:80]}`")
        return entries

    def _call(
        self, method: str, path: str, query: t.Optional[t.Dict[str, t.Any]] = None, body: t.Any = None
    ) -> t.Dict[str, t.Any]:
        """The answer's JSON object. A redirect is refused: it would carry the key elsewhere."""
        where = f"{method} {self.base}{path}"
        try:
            with self.session.request(
                method, self.base + path, params=query, json=body, stream=True, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                content = read_bounded(response)
                status = response.status_code
        except requests.RequestException as error:
            raise WritError(f"`{where}` fails: {error}") from error
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if not 200 <= status < 300:
            said = answer.get("message") if isinstance(answer, dict) else None
            why = str(said or HINTS.get(status, "no reason given"))[:300]
            raise WritError(f"`{where}` is answered {status}: {why}")
        if not isinstance(answer, dict):
            raise WritError(f"`{where}` is answered with something that is no JSON object: is a Writ there?")
        return answer


HINTS = {
    401: "the key is missing or unknown: set TX_WRIT_KEY or ~/.tx_writ_key",
    403: "the key does not allow this: ask the Writ's operator",
    404: "no such route: is the base address right?",
}


def read_bounded(response: requests.Response) -> bytes:
    content = bytearray()
    deadline = time.monotonic() + MAX_SECONDS
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > MAX_BODY:
            raise WritError(f"an answer is longer than {MAX_BODY} bytes: stopped")
        if time.monotonic() > deadline:
            raise WritError(f"an answer takes longer than {MAX_SECONDS} seconds: stopped")
    return bytes(content)


def read_page(answer: t.Dict[str, t.Any], since: str) -> Page:
    """Checks that the page is one and that it leads on."""
    entries, following, more = answer.get("entries"), answer.get("next"), answer.get("more")
    if not isinstance(entries, list) or not isinstance(more, bool):
        raise WritError(f"the page of the feed after `{since}` has no `entries` or no `more`")
    if not isinstance(following, str) or not re.fullmatch("[0-9]{1,20}[.][0-9]{1,20}", following):
        raise WritError(f"the page after `{since}` goes on at `{str(following)[:80]}`, which is no checkpoint")
    before, after = seen(since), seen(following)
    if after < before or (more and after == before):
        raise WritError(f"the page after `{since}` goes on at `{following}`, which does not lead on: stopped")
    return Page(entries, following, more)


def seen(checkpoint: str) -> int:
    return int(checkpoint.partition(".")[2])
