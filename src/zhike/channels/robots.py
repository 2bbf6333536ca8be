"""Group robots, each in its own protocol: WeCom, DingTalk, Feishu (ACT-7).

WeCom: the address holds the key; markdown of at most 4096 bytes. DingTalk: the address holds the token; with a secret,
timestamp (ms) and signature stand in the address. Feishu: with a secret, timestamp (s) and signature stand in the body.
All answer 200 also when they refuse; the code inside tells. WeCom and DingTalk take twenty posts a minute.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from django.utils.translation import gettext as _

from zhike.channels import http, links
from zhike.channels.models import Delivery, Robot, unsealed
from zhike.channels.outcomes import Outcome, failed, sent
from zhike.kit import dates

RATE = (20, 60)
BUSY = {429: 60, 500: 0, 503: 0}
_WIDE = str.maketrans("<>[]*`_#|~@", "＜＞［］＊｀＿＃｜～＠")


@dataclass(frozen=True)
class Post:
    """What is said in a group: a text with its page, or a headline over some records, each with its own, of `count`."""

    title: str
    text: str
    link: str = ""
    items: tuple[tuple[str, str], ...] = ()
    count: int = 0

    def lines(self, most: int) -> list[tuple[str, str]]:
        """The records with their pages, one to a line: as many as fit into so many bytes, then how many more."""
        named = [(_within(plain(text), 200), link) for text, link in self.items]
        while named and sum(len(text.encode()) + len(link) + 8 for text, link in named) > most:
            named.pop()
        left = self.count - len(named)
        return [*named, (_("and %(n)s more") % {"n": left}, self.link)] if left > 0 else named


@dataclass(frozen=True)
class Protocol:
    """How one product is spoken to."""

    build: Callable[[Robot, Post], tuple[str, dict[str, Any]]]  # → address, body
    code: Callable[[dict[str, Any]], tuple[int, str]]
    slower: dict[int, int]  # codes that say "too fast", with the seconds to stay away
    again: frozenset[int]  # codes after which trying again may help
    has_key: Callable[[str], bool]
    largest: int  # bytes of the text


def _errcode(body: dict[str, Any]) -> tuple[int, str]:
    return int(body["errcode"]), str(body.get("errmsg", ""))


def _feishu_code(body: dict[str, Any]) -> tuple[int, str]:
    if "code" in body:
        return int(body["code"]), str(body.get("msg", ""))
    return int(body["StatusCode"]), str(body.get("StatusMessage", ""))


def _wecom(robot: Robot, post: Post) -> tuple[str, dict[str, Any]]:
    said = _markdown(post, f"**{plain(post.title)}**", "\n", 4096 - 600)
    return unsealed(robot.address), {"msgtype": "markdown", "markdown": {"content": said}}


def _dingtalk(robot: Robot, post: Post) -> tuple[str, dict[str, Any]]:
    address, secret = unsealed(robot.address), unsealed(robot.secret)
    if secret:
        stamp = str(int(dates.now().timestamp() * 1000))
        sign = _signature(secret, f"{stamp}\n{secret}")
        address += f"&{urlencode({'timestamp': stamp, 'sign': sign}, quote_via=quote)}"
    said = _markdown(post, f"#### {plain(post.title)}", "\n\n", 18_000)
    return address, {"msgtype": "markdown", "markdown": {"title": post.title, "text": said}}


def _markdown(post: Post, headline: str, between: str, most: int) -> str:
    """A post in the markdown of WeCom and DingTalk, with at most so many bytes beside its headline."""
    text = _within(plain(post.text), most)
    lines = [f"- {_linked(*line)}" for line in post.lines(most - len(text.encode()))]
    if post.link and not lines:
        lines = [_linked(_("Open"), post.link)]
    return between.join([headline, text, *lines])


def _linked(text: str, link: str) -> str:
    return f"[{text}]({link})" if link else text


def _feishu(robot: Robot, post: Post) -> tuple[str, dict[str, Any]]:
    first = [{"tag": "text", "text": _within(post.text, 10_000 if post.items else 18_000)}]
    if post.link and not post.items:
        first.append(_element(f" {_('Open')}", post.link))
    more = [[_element(f"· {text}", link)] for text, link in post.lines(8000)]
    body: dict[str, Any] = {
        "msg_type": "post", "content": {"post": {"zh_cn": {"title": post.title, "content": [first, *more]}}}
    }  # fmt: skip
    if secret := unsealed(robot.secret):
        stamp = str(int(dates.now().timestamp()))
        body |= {"timestamp": stamp, "sign": _signature(f"{stamp}\n{secret}", "")}
    return unsealed(robot.address), body


def _element(text: str, link: str) -> dict[str, str]:
    return {"tag": "a", "text": text, "href": link} if link else {"tag": "text", "text": text}


def _signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _named(name: str) -> Callable[[str], bool]:
    return lambda address: bool(parse_qs(urlsplit(address).query).get(name))


PROTOCOLS = {
    Robot.Kind.WECOM: Protocol(
        _wecom, _errcode, {45009: 60, 45033: 30}, frozenset({-1}), _named("key"), 4096
    ),
    Robot.Kind.DINGTALK: Protocol(
        _dingtalk, _errcode, {130101: 600, 90030: 600, 660026: 600}, frozenset({-1}), _named("access_token"), 20_000
    ),
    Robot.Kind.FEISHU: Protocol(
        _feishu, _feishu_code, {11232: 60, 99991400: 60}, frozenset({-1, 1500}),
        lambda address: len(urlsplit(address).path.rpartition("/hook/")[2]) > 5, 20_000,
    ),
}  # fmt: skip


def plain(text: str) -> str:
    """A text that means nothing to markdown: nobody is called, no link is hidden."""
    return " ".join(text.split()).translate(_WIDE)


def _within(text: str, most: int) -> str:
    """A text of at most so many bytes, cut between characters."""
    encoded = text.encode()
    return text if len(encoded) <= most else encoded[: most - 3].decode(errors="ignore") + "…"


def masked(address: str) -> str:
    """An address to be recognised by, without its key."""
    return f"{urlsplit(address).hostname or ''} …{address[-4:]}" if address else ""


def send(rows: list[Delivery]) -> Outcome:
    """Post one message into the robot's group."""
    (row,) = rows
    robot = row.robot
    if robot is None or not robot.is_active:
        return failed(_("This robot is not in use."), again=False)
    if not unsealed(robot.address):
        return failed(_("The robot's address cannot be read any more. Enter it again."), again=False)
    protocol = PROTOCOLS[Robot.Kind(robot.kind)]
    address, body = protocol.build(robot, post_of(row))
    sent_text = json.dumps(body, ensure_ascii=False)
    try:
        answer = http.request(
            "POST", address, body=sent_text.encode(), headers={"Content-Type": "application/json; charset=utf-8"}
        )
    except http.Guarded as error:
        return failed(str(error), again=False)
    except http.Failed as error:
        return failed(str(error), unclear=error.sent)
    return judged(protocol, answer, row.title)


def post_of(row: Delivery) -> Post:
    """What a delivery says, its pages as they are opened from outside."""
    items = tuple((item["text"], links.absolute(item["url"])) for item in row.content.get("items", []))
    link = links.absolute(row.content.get("url", ""))
    return Post(_("ZhiKe"), row.title, link, items, row.content.get("count", len(items)))


def judged(protocol: Protocol, answer: http.Answer, said: str) -> Outcome:
    """What an answer means; the address and the signature are not kept."""
    more = {"status_code": answer.status, "request": said, "response": answer.text}
    if answer.status in BUSY:
        return failed(f"HTTP {answer.status}", wait=BUSY[answer.status], **more)
    if answer.status != 200:
        return failed(f"HTTP {answer.status}", again=False, unclear=answer.status in (502, 504), **more)
    try:
        code, text = protocol.code(json.loads(answer.body))
    except (ValueError, KeyError, TypeError):
        return failed(_("The answer was not understood."), unclear=True, **more)
    if code == 0:
        return sent(**more)
    told = f"{code} {text}"
    if code in protocol.slower:
        return failed(told, wait=protocol.slower[code], **more)
    return failed(told, again=code in protocol.again, **more)
