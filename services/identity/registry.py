"""How persons and officers come in: by the api, and by the loading of files. Passwords go to the credentials first,
so that whoever was told he is registered can sign in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from google.protobuf.message import Message

from chassis.acts import Actor, Cause, now
from chassis.errors import UNAUTHENTICATED, Refused
from chassis.parts import Parts
from chassis.records import Record, record_id
from services.identity import model, store
from services.identity.credentials import Credentials
from services.identity.model import Officer, Person
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import officers_pb2 as officers_pb
from yiwang.identity.v1 import service_pb2 as pb

FIELDS = {"id_index": "id_number", "phone_index": "phone"}
ORPHANED_AFTER = timedelta(seconds=60)


class Registry:
    """Persons, officers and their passwords."""

    def __init__(self, parts: Parts) -> None:
        self.persons = store.persons(parts.database)
        self.officers = store.officers(parts.database)
        self.credentials = Credentials(parts.database)
        self.keyring = parts.keyring
        self._database = parts.database

    def register(self, request: pb.RegisterPersonRequest, cause: Cause) -> Record[Person]:
        """Opens the file of a person; ALREADY_EXISTS when the ID number or the phone is another's, also by a race."""
        id = record_id(cause.key)
        model.check_registration(request.name, request.id_number, datetime.now(SHANGHAI).date())
        indexes = store.indexes(self.keyring, request.id_number, request.phone)
        present = self._is_person(id)
        if not present:
            self._require_free(id, indexes)
        hashed = self._hash(request.password, cause)
        if not present:
            self._claim(id, hashed, indexes)
        by = f"person:{id}" if cause.by == "public" else cause.by
        own = replace(cause, by=by, request=self.digest(request, hashed))
        known = {"name": request.name.strip(), "id_number": request.id_number.upper(), "phone": request.phone}
        return self.persons.create(own, lambda id: model.register(id, self.keyring.seal(id, known), **indexes))

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

    def appoint(self, request: officers_pb.AppointOfficerRequest, cause: Cause, actor: Actor | None) -> Record[Officer]:
        """Opens or changes the file of an officer. `actor` is the administrator; None is the installation's operator."""
        id = store.officer_id(request.staff_number)
        found = self.officers.find({"_id": id})
        repeated = found is not None and store.caused(found, cause)
        if not repeated:
            model.check_appointment(found.state if found else None, request, actor)
        hashed = self._hash(request.password, cause) if request.password else ""
        if hashed and not repeated:
            self.credentials.put(id, hashed)
        own = replace(cause, request=self.digest(request, hashed))
        return store.put_officer(self.officers, id, own, lambda officer: self._appointment(officer, id, request, actor))

    def _appointment(
        self, officer: Officer | None, id: str, request: officers_pb.AppointOfficerRequest, actor: Actor | None
    ) -> events.OfficerAppointed | None:
        model.check_appointment(officer, request, actor)
        name = request.name.strip()
        kept = officer is not None and self.keyring.open_text(id, officer.sealed) == name
        wanted = events.OfficerAppointed(
            officer_id=id,
            staff_number=request.staff_number,
            roles=model.sorted_roles(request.roles),
            department=request.department,
            department_name=request.department_name,
            region=request.region,
            sealed=officer.sealed if officer and kept else self.keyring.seal(id, name),
        )
        return model.appoint(officer, wanted)

    def prove(self, login: str, password: str) -> str:
        """The principal this login and password are of; UNAUTHENTICATED SIGN_IN_REFUSED, the same for every fault."""
        principal = store.principal_of(self._database, self.keyring, login)
        # An unknown login has an id too: it takes as long, and locks as others do.
        id = principal.partition(":")[2] if principal else self.keyring.blind("login", login)
        if not self.credentials.verify(id, password) or principal is None:
            raise Refused(UNAUTHENTICATED, "SIGN_IN_REFUSED", "账号或密码不正确")
        return principal

    def digest(self, request: Message, hashed: str = "") -> str:
        """The digest of a request, with the slow hash in the place of the password: a journal helps nobody to guess it."""
        plain = type(request)()
        plain.CopyFrom(request)
        plain.password = hashed  # type: ignore[attr-defined]
        return self.keyring.request_digest(plain.SerializeToString(deterministic=True))

    def _hash(self, password: str, cause: Cause) -> str:
        return self.credentials.hash(password, self.keyring.blind("salt", cause.key))
