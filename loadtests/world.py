"""The world the load runs in: a signing key the services know, persons, officers and items, all synthetic."""

import uuid
from functools import cache
from typing import Any

import orjson
from joserfc.jwk import OKPKey
from pymongo import MongoClient
from pymongo.database import Database

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Actor
from services.case.store_items import Items
from yiwang.catalog.v1 import service_pb2 as catalog

DEPARTMENTS = 50
PERSONS = 200


@cache
def database(uri: str, name: str) -> Database[dict[str, Any]]:
    """The store of a service; one client for a process, since each has threads and connections of its own."""
    client: MongoClient[dict[str, Any]] = MongoClient(uri, tz_aware=True)
    return client.get_default_database(name)


def signing_key(*stores: Database[dict[str, Any]]) -> OKPKey:
    """A key of our own whose public half the services find in their stores, so that no sign-on stands in the way."""
    kid = f"load-{uuid.uuid4().hex}"
    key = OKPKey.generate_key("Ed25519", {"kid": kid}, auto_kid=False)
    document = {"jwk": orjson.dumps(key.as_dict(private=False)).decode()}
    for store in stores:
        store["signing_keys_heard"].update_one({"_id": kid}, {"$set": document}, upsert=True)
    return key


def department(number: int) -> str:
    """The code of the n-th department."""
    return f"LOAD{number:014d}"


def person_token(key: OKPKey, number: int) -> str:
    """A token of the n-th person, good for an hour."""
    actor = Actor(id=f"load-person-{number}", realm=PERSON, level=1, session=f"load-{number}")
    return tokens.mint(key, actor, 3600)


def officer_token(key: OKPKey, number: int, *roles: str) -> str:
    """A token of an officer of the n-th department with these roles, good for an hour."""
    name = f"load-officer-{number}-{'-'.join(roles)}"
    actor = Actor(name, OFFICER, frozenset(roles), department(number), "990121", 0, name)
    return tokens.mint(key, actor, 3600)


def item(number: int) -> tuple[str, catalog.ItemDefinition]:
    """An item of the n-th department, with its id."""
    definition = catalog.ItemDefinition(
        code=f"LOADITEM{number:05d}",
        name=f"压力测试事项{number}",
        type_code="01",
        department=catalog.Department(code=department(number), name=f"第{number}部门"),
        region="990121",
        duty_codes=[f"LOADDUTY{number:05d}"],
        online=True,
        result_name="许可证",
        promised_limit=catalog.Limit(amount=5, unit=catalog.TIME_UNIT_WORKING_DAY),
        statutory_limit=catalog.Limit(amount=20, unit=catalog.TIME_UNIT_WORKING_DAY),
        steps=[
            catalog.Step(name="受理", kind=catalog.STEP_KIND_ACCEPT),
            catalog.Step(name="审查", kind=catalog.STEP_KIND_REVIEW),
            catalog.Step(name="决定", kind=catalog.STEP_KIND_DECIDE),
        ],
        materials=[catalog.Material(key="m1", name="补充说明", necessity=catalog.NECESSITY_OPTIONAL)],
        form_fields=[
            catalog.FormField(
                key="contact_phone", label="联系电话", kind=catalog.FIELD_KIND_PHONE, required=True, max_length=20
            ),
            catalog.FormField(
                key="contact_address", label="联系地址", kind=catalog.FIELD_KIND_TEXT, required=True, max_length=200
            ),
        ],
    )
    return str(uuid.uuid5(uuid.NAMESPACE_OID, definition.code)), definition


def keep_items(case_store: Database[dict[str, Any]]) -> list[str]:
    """Gives case an item of each department, as its handler would; returns their ids."""
    items = Items(case_store)
    ids = []
    for number in range(DEPARTMENTS):
        id, definition = item(number)
        items.keep(id, 1, 1, definition)
        ids.append(id)
    return ids


FORM = {"contact_phone": "0990-0000101", "contact_address": "示范县示范路一号"}
