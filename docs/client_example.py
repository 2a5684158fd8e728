"""A program that uses the suite by its JSON API, with Python alone: it signs in, finds an item, begins an application that goes
on in the browser, and tells how the applicant's cases stand.

    python docs/client_example.py https://county.example PHONE "item to apply for"   (the password is read from where it is typed)

What a program of your own has to do is in `call`: name the version it was written for, give each act a key of its own and use the same
key when it tries again, wait as long as it is told to, and read `code` and `errors` of a refusal (RFC 9457).
"""

import getpass
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

VERSION = "1"
SECONDS = 20
TRIES = 5
# Asked too often, or a service is away for a moment: the same request under the same key may be sent again.
LATER = (429, 502, 503, 504)


class Refused(Exception):
    """What the suite said no to: a code for programs, a sentence for people, and the fields that are meant."""

    def __init__(self, problem: dict[str, Any]) -> None:
        fields = "；".join(f"{one['field']}：{one['reason']}" for one in problem["errors"])
        super().__init__(f"{problem['code']}：{problem['detail']}{fields and '（' + fields + '）'}")
        self.code = problem["code"]


def call(base: str, token: str, method: str, /, key: str = "", **body: Any) -> dict[str, Any]:
    """Calls `<package>.<Service>/<Method>`; `key` makes an act the same act however often it is sent. Refused when it is."""
    headers = {"Content-Type": "application/json", "API-Version": VERSION}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Idempotency-Key": key} if key else {}
    for left in reversed(range(TRIES)):
        request = urllib.request.Request(f"{base}/api/yiwang.{method}", json.dumps(body).encode(), headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            if error.code not in LATER or not left:
                raise Refused(json.load(error)) from None
            time.sleep(float(error.headers.get("Retry-After") or 1))
    raise AssertionError("the last try returns or raises")


def new_key() -> str:
    """A key for one act. Keep it with what you do, so that a program that died can send the same act again."""
    return uuid.uuid4().hex


def main(base: str, login: str, wanted: str) -> None:
    """Begins an application and prints where it goes on."""
    password = getpass.getpass("密码：") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    session = call(base, "", "identity.v1.IdentityService/SignIn", key=new_key(), login=login, password=password)
    token = session["accessToken"]
    hits = call(base, "", "catalog.v1.CatalogService/SearchItems", query=wanted, pageSize=1)["hits"]
    if not hits:
        raise SystemExit(f"没有找到“{wanted}”")
    item = call(base, "", "catalog.v1.CatalogService/GetItem", itemId=hits[0]["id"])
    definition = item["definition"]
    print(f"{hits[0]['name']}：{len(definition['formFields'])} 项要填，{len(definition['materials'])} 份材料")
    text = {one["key"]: "由程序填写" for one in definition["formFields"] if one["kind"] == "FIELD_KIND_TEXT"}
    draft = call(
        base,
        token,
        "case.v1.DraftService/SaveDraft",
        key=new_key(),
        itemId=item["id"],
        edition=item["edition"],
        content={"form": text},
    )
    print(f"草稿已保存，可以继续填写：{base}/items/{item['id']}/apply?draft={draft['id']}")
    for case in call(base, token, "case.v1.CaseService/ListMyCases", pageSize=5)["cases"]:
        print(f"{case['number']} {case['status']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
