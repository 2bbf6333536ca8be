"""WeCom, DingTalk and Feishu as their group robots see us: the true protocols, with their checks and refusals."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "693a91f6-7xxx-4bc4", "SECxyz"


def signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


class FakeRobot:
    """Base: counts posts of the last minute and keeps what was posted; `now` is its clock."""

    most = 20

    def __init__(self):
        self.posts, self.times, self.now = [], [], time.time

    def __call__(self, request):
        answer = self.judge(request, json.loads(request["body"]))
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def too_fast(self) -> bool:
        self.times = [at for at in self.times if self.now() - at < 60] + [self.now()]
        return len(self.times) > self.most

    def keep(self, post):
        self.posts.append(post)
        return {"errcode": 0, "errmsg": "ok"}


class FakeWeCom(FakeRobot):
    path = f"/cgi-bin/webhook/send?key={KEY}"

    def judge(self, request, body):
        asked = urlsplit(request["path"])
        if asked.path != "/cgi-bin/webhook/send" or parse_qs(asked.query).get("key") != [KEY]:
            return {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1]"}
        if self.too_fast():
            return {"errcode": 45009, "errmsg": "api freq out of limit"}
        content = body.get(body.get("msgtype"), {}).get("content", "")
        if len(content.encode()) > {"text": 2048, "markdown": 4096}.get(body.get("msgtype"), 0):
            return {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
        return self.keep(content)


class FakeDingTalk(FakeRobot):
    path = f"/robot/send?access_token={KEY}"

    def judge(self, request, body):
        asked = parse_qs(urlsplit(request["path"]).query)
        if asked.get("access_token") != [KEY]:
            return {"errcode": 300005, "errmsg": "token is not exist"}
        stamp, sign = asked.get("timestamp", ["0"])[0], asked.get("sign", [""])[0]
        if abs(self.now() * 1000 - int(stamp)) > 3_600_000:
            return {"errcode": 310000, "errmsg": "invalid timestamp"}
        if sign != signature(SECRET, f"{stamp}\n{SECRET}"):
            return {"errcode": 310000, "errmsg": "sign not match"}
        if self.too_fast():
            return {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
        if body["msgtype"] != "markdown" or not body["markdown"]["title"] or len(request["body"]) > 20_000:
            return {"errcode": 40035, "errmsg": "param error"}
        return self.keep(body["markdown"]["text"])


class FakeFeishu(FakeRobot):
    path = f"/open-apis/bot/v2/hook/{KEY}"
    most = 100

    def judge(self, request, body):
        if request["path"] != self.path:
            return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid", "data": {}}
        stamp = body.get("timestamp", "0")
        fresh = isinstance(stamp, str) and abs(self.now() - int(stamp)) < 3600
        if not fresh or body.get("sign") != signature(f"{stamp}\n{SECRET}", ""):
            return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
        if self.too_fast():
            return {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]"}
        if body["msg_type"] != "post" or len(request["body"]) > 20_480:
            return {"code": 9499, "msg": "Bad Request"}
        post = body["content"]["post"]["zh_cn"]
        assert all(part["tag"] in ("text", "a") for line in post["content"] for part in line)
        lines = ["".join(f"{part['text']} {part.get('href', '')}" for part in line) for line in post["content"]]
        self.keep("\n".join(lines))
        return {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"}


FAKES = {"wecom": FakeWeCom, "dingtalk": FakeDingTalk, "feishu": FakeFeishu}
