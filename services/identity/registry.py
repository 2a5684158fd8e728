"""How persons come in: by the api, by an upstream provider, and by the loading of files. Passwords go to the credentials first,
so that whoever was told he is registered can sign in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from google.protobuf.message import Message

from chassis.acts import Cause, now
from chassis.parts import Parts
from chassis.records import Record, record_id
from services.identity import model, store
from services.identity.credentials import Credentials
from services.identity.lockout import Lockout
from services.identity.model import Person
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import service_pb2 as pb

FIELDS = {"id_index": "id_number", "phone_index": "phone"}
ORPHANED_AFTER = timedelta(seconds=60)


class Registry:
    """Persons, and everybody's passwords."""

    def __init__(self, parts: Parts) -> None:
        self.persons = store.persons(parts.database)
        self.credentials = Credentials(parts.database)
        self.keyring = parts.keyring
        self._lockout = Lockout(parts.database, parts.keyring)

    def register(self, request: pb.RegisterPersonRequest, cause: Cause) -> Record[Person]:
        """Opens the file of a person; ALREADY_EXISTS when the ID number or the phone is another's, also by a race."""
        id = record_id(cause.key)
        model.check_registration(request.name, request.id_number, datetime.now(SHANGHAI).date())
        indexes = store.indexes(self.keyring, request.id_number, request.phone)
        present = self._is_person(id)
        if not present:
            self._lockout.take_registration(request.address)
            self._require_free(id, indexes)
        hashed = self._hash(request.password, cause)
        own = replace(cause, request=self.digest(request, hashed))
        known = {"name": request.name.strip(), "id_number": request.id_number.upper(), "phone": request.phone}
        if not present:
            self._claim(id, hashed, indexes)
        return self._open(own, known, indexes)

    def admit(self, cause: Cause, known: Mapping[str, str], level: int) -> Record[Person]:
        """Opens the file of who came by an upstream provider: no password, and the level the provider vouches for.

        `known` has name, id_number and phone (may be empty). ALREADY_EXISTS as for `register`; INVALID_ARGUMENT for a wrong number.
        """
        id = record_id(cause.key)
        model.check_registration(known["name"], known["id_number"], datetime.now(SHANGHAI).date())
        indexes = store.indexes(self.keyring, known["id_number"], known["phone"])
        if not self._is_person(id):
            self._require_free(id, indexes)
            self._claim(id, "", indexes)
        plain = {"name": known["name"].strip(), "id_number": known["id_number"].upper(), "phone": known["phone"]}
        return self._open(cause, plain, indexes, level)

    def _open(
        self, cause: Cause, known: Mapping[str, str], indexes: Mapping[str, str], level: int = 1
    ) -> Record[Person]:
        by = f"person:{record_id(cause.key)}" if cause.by == "public" else cause.by
        return self.persons.create(
            replace(cause, by=by),
            lambda id: model.register(id, self.keyring.seal(id, known), level=level, **indexes),
        )

    def _claim(self, id: str, hashed: str, indexes: Mapping[str, str]) -> None:
        for _ in range(3):
            if self.credentials.claim(id, hashed, indexes):
                return
            self._require_free(id, indexes)
        raise model.taken("id_number")

    def _require_free(self, id: str, indexes: Mapping[str, str]) -> None:
        for field, index in indexes.items():
            holder = self.credentials.holder(field, index)
            if holder is None or holder["_id"] == id:
                continue
            # Without a person it is a registration under way, or, when no call lasts that long, one that crashed.
            if self._is_person(holder["_id"]) or holder["at"] > now() - ORPHANED_AFTER:
                raise model.taken(FIELDS[field])
            self.credentials.drop_orphan(holder)

    def _is_person(self, id: str) -> bool:
        return self.persons.collection.find_one({"_id": id}, {"_id": 1}) is not None

    def digest(self, request: Message, hashed: str = "") -> str:
        """The digest of a request, with the slow hash in the place of the password: a journal helps nobody to guess it. The address
        does not count: who asks again by another network asks the same."""
        plain = type(request)()
        plain.CopyFrom(request)
        for field, value in (("password", hashed), ("address", "")):
            if field in plain.DESCRIPTOR.fields_by_name:
                setattr(plain, field, value)
        return self.keyring.request_digest(plain.SerializeToString(deterministic=True))

    def _hash(self, password: str, cause: Cause) -> str:
        return self.credentials.hash(password, self.keyring.blind("salt", cause.key))
